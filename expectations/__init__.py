"""What is expected of a table's rows, as Great Expectations suites: one module a table, one function a suite.

Takes: nothing. Gives: expectation suites, each expectation with its severity, reason code and meaning in `meta`.
Refuses: nothing itself; pipeline/validate runs the suites and turns failures into quarantine rows.
Never: reads or writes anything. great_expectations is imported inside the functions, because that takes seconds.
"""

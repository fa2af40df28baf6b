"""Publish: turn a digest's rows into files that people and programs read, and keep every build for good.

Takes:   the rows of one build, the cited article versions, and the day's coverage.
Gives:   digest.html, digest.md and digest.json in a folder of the build's own, a link for the day, and an Atom feed.
Refuses: nothing; other bytes under an existing build id are an error, for a published build never changes.
Never:   lets text from an article act: no script, no style, no link but http(s), no control character.
Reads the outside world: the warehouse's `digests` folder.
"""

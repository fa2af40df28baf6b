# Daybook with Airflow, for docker-compose.yml: exactly the versions and hashes of the lock files, run by a user without rights.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/daybook

# Packages first: they change seldom. In one call, so that what runs Daybook and what installs it must agree.
COPY requirements-deploy.lock requirements-build.lock ./
RUN pip install --require-hashes -r requirements-deploy.lock -r requirements-build.lock

COPY pyproject.toml README.md LICENSE sources.toml ./
COPY pipeline pipeline
COPY expectations expectations
COPY newsroom newsroom
COPY benchmarks benchmarks
COPY warehouse warehouse
COPY plugins plugins
COPY dags dags

# The folders that volumes are mounted on belong to the user, so that new volumes do too.
RUN pip install --no-deps --no-build-isolation --editable . \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin daybook \
    && mkdir -p warehouse/data sources /opt/airflow/logs \
    && cp sources.toml sources/ \
    && chown -R daybook:daybook warehouse/data sources /opt/airflow

ENV AIRFLOW_HOME=/opt/airflow PYTHONPATH=/opt/daybook:/opt/daybook/plugins
USER daybook
CMD ["airflow", "version"]

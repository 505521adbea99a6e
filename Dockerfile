# The application's image: no compiler, no embedded servers, no root.
FROM python:3.13-slim AS packages
COPY requirements.txt deploy/production_requirements.py /build/
RUN python /build/production_requirements.py /build/requirements.txt > /build/locked.txt \
 && python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: --no-deps -r /build/locked.txt

FROM python:3.13-slim
RUN groupadd --gid 10001 portal \
 && useradd --uid 10001 --gid portal --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin portal
COPY --from=packages /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=wfh_portal.settings
WORKDIR /portal
COPY manage.py ./
COPY deploy ./deploy
COPY docs/policies ./docs/policies
COPY locale ./locale
COPY static ./static
COPY templates ./templates
COPY ledger ./ledger
COPY employees ./employees
COPY performance ./performance
COPY eligibility ./eligibility
COPY schedules ./schedules
COPY wfh_portal ./wfh_portal
# Collecting signs nothing; the key lives for this one command.
RUN SECRET_KEY=$(python -c "import secrets; print(secrets.token_urlsafe(64))") python manage.py collectstatic --noinput -v0 \
 && python -m compileall -q /portal
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wfh_portal.wsgi"]

"""The job of the Django peer: to be imported once Django is set up, found again by its path."""

from django_tasks import task


@task()
def greet() -> None:
    return None

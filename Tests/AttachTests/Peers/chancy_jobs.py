"""The job of the Chancy peer: its worker finds a job by the name of its module."""


async def greet() -> None:
    return None

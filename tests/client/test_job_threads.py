"""Jobs in threads of their own, as asyncio gives them to its executor."""

import asyncio
import threading

import pytest

from sennit.client.job_threads import JobThreads

NAME = "a job"


@pytest.fixture
def jobs() -> JobThreads:
    return JobThreads(NAME)


def test_what_a_job_returns_or_raises_comes_back(jobs: JobThreads) -> None:
    assert jobs.submit(divmod, 7, 2).result(5) == (3, 1)
    assert jobs.submit(sorted, [1, 2], reverse=True).result(5) == [2, 1]
    with pytest.raises(ZeroDivisionError):
        jobs.submit(divmod, 7, 0).result(5)


def test_the_end_waits_for_those_that_work(jobs: JobThreads) -> None:
    may_end = threading.Event()
    job = jobs.submit(may_end.wait, 5)
    assert [thread.daemon for thread in threading.enumerate() if thread.name == NAME] == [True]
    jobs.shutdown(wait=False)
    may_end.set()
    jobs.shutdown()
    assert job.done()
    assert [thread for thread in threading.enumerate() if thread.name == NAME] == []


def test_a_loop_takes_it() -> None:
    async def main() -> str:
        asyncio.get_running_loop().set_default_executor(JobThreads(NAME))
        return await asyncio.to_thread(lambda: threading.current_thread().name)

    assert asyncio.run(main()) == NAME

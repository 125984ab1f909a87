"""The processes under test are what they are said to be."""

from pathlib import Path

from plain_source import COMPILED, SOURCE


def test_the_process_runs_the_twin_and_the_loop_that_was_asked_for(server, request):
    twin, loop = request.node.callspec.params["server"]
    about = server.about
    assert about["loop"] == loop
    if twin == "plain":
        assert about["compiled"] == []
        assert Path(about["source"]).parent != SOURCE
    else:
        built = {str(path.relative_to(SOURCE)).split(".")[0].replace("/", ".") for path in COMPILED}
        assert built & set(about["compiled"]), "no compiled module was loaded"
        assert Path(about["source"]).parent == SOURCE

"""The processes under test are what they are said to be."""

from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


def test_the_process_runs_the_twin_and_the_loop_that_was_asked_for(server, request):
    twin, loop = request.node.callspec.params["server"]
    about = server.about
    assert about["loop"] == loop
    if twin == "plain":
        assert about["compiled"] == []
        assert Path(about["source"]).parent != SOURCE
    else:
        built = {str(path.relative_to(SOURCE)).split(".")[0].replace("/", ".") for path in SOURCE.rglob("*.so")}
        assert built & set(about["compiled"]), "no compiled module was loaded"
        assert Path(about["source"]).parent == SOURCE

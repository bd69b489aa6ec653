"""dbt: a small project is seeded, run, tested, snapshotted and documented, twice where that tells more; a JSON line a step."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from dbt.cli.main import dbtRunner

os.environ["DO_NOT_TRACK"] = "1"
with tempfile.TemporaryDirectory() as folder:
    project = Path(folder) / "project"
    shutil.copytree(Path(__file__).parent / "dbt-project", project)
    options = ["--project-dir", str(project), "--profiles-dir", str(project), "--quiet"]
    options += ["--target-path", str(Path(folder) / "target"), "--log-path", str(Path(folder) / "logs")]
    for step in ["seed", "run", "test", "run again", "snapshot", "snapshot again", "docs generate"]:
        words = step.replace(" again", "").split(" ")
        outcome = dbtRunner().invoke([*words, *options])
        results = getattr(outcome.result, "results", None) or []
        told = sorted((r.node.name, str(r.status), r.message.replace("  ", " ") if r.message else None) for r in results)
        answer = told if words[0] != "docs" else outcome.success
        print(json.dumps({"step": step, "answer": repr(outcome.exception or answer)}), flush=True)
    catalog = json.loads((Path(folder) / "target" / "catalog.json").read_text())
    for name, node in sorted(catalog["nodes"].items()):
        columns = [(c["name"], c["type"], c["comment"]) for c in node["columns"].values()]
        answer = repr((node["metadata"]["type"], node["metadata"]["comment"], columns))
        print(json.dumps({"step": f"catalog {name}", "answer": answer}), flush=True)

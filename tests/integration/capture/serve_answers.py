"""A real server for answer sets in a process of its own, to be killed: run by test_killed.py."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from app.main import build_service, create_app
from app.settings import Settings


def main(database_url: str, var_dir: str, port: int) -> None:
    settings = Settings(database_url=database_url, var_dir=Path(var_dir), port=port)
    application = create_app(build_service(settings))
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

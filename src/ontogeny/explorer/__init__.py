"""What a person sees of a run store in the browser: a typed web API, live runs, the time machine, notebook bundles.

Needs the extra `explorer` (fastapi, uvicorn). The page itself is built from `web/` into `static/`.
"""

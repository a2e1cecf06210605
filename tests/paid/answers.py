"""What a gateway may say that is no answer: texts for `say`."""

from __future__ import annotations

import json

NOT_A_NUMBER = '{"status": "completed", "operation": {"gatewayJobId": NaN}, "videos": NaN}'
"""Python's idea of JSON, which is not JSON."""
RUNNING = '{"status": "pending"}'
"""A status of a job that runs, whatever was said before."""
NO_VIDEO = '{"status": "completed", "videos": []}'
"""A job that is done and has nothing to show."""
HUGE = json.dumps({"status": "completed", "operation": {"gatewayJobId": "x" * 2 * 1024 * 1024}})
"""Two megabytes of JSON."""

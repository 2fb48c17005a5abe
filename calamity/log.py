"""Sets structlog up: JSON in production, readable in development; numbers masked everywhere.

Logs carry ids, never people: the mask is the net below that rule, not the rule.
"""

import logging
import logging.config
import re
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

_PHONE = re.compile(
    r"(?<![\w.+])(?:(?:\+|00)\d{1,3}[\s.-]?(?:\(0\)[\s.-]?)?|\(?0)[1-9](?:[\s().-]{0,2}\d){7,12}(?!\w)"
)
_SECRET_KEYS = frozenset(
    {"password", "token", "authorization", "cookie", "phone", "secret", "code", "body"}
)
_KEPT = frozenset({"timestamp", "level", "logger", "event_id"})


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return _PHONE.sub("[phone]", value)
    if isinstance(value, dict):
        return {k: "[redacted]" if k in _SECRET_KEYS else _scrubbed(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_scrubbed(item) for item in value)
    return value


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        key: value
        if key in _KEPT
        else "[redacted]"
        if key.lower() in _SECRET_KEYS
        else _scrubbed(value)
        for key, value in event.items()
    }


def set_up_logging(style: Literal["pretty", "json"], level: str = "INFO") -> None:
    """Send every log line, also of libraries, through one redacting formatter to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # The traceback is rendered to text before redaction, so that it is masked as well; it never
    # shows local variables, which may hold a number.
    rendered = [structlog.processors.format_exc_info, _redact]
    writer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "one": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        *rendered,
                        writer,
                    ],
                }
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "one",
                    "stream": "ext://sys.stderr",
                }
            },
            "root": {"level": level, "handlers": ["stderr"]},
            "loggers": {
                name: {"level": "WARNING"}
                for name in (
                    "uvicorn",
                    "twilio",
                    "pgqueuer",
                    "aiohttp",
                    "sqlalchemy.engine",
                    "alembic",
                )
            },
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

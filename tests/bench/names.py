"""Names of nobody, for processes that must start quickly."""

ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"  # of nobody
PUBLIC = "https://crisis.example.nl"
SENDER = "+3197010250001"

"""The carrier's error codes, and the refusal of a request."""

from typing import Any

REASONS: dict[int, str] = {
    14107: "Send rate limit: too many replies between two numbers in a short time",
    20001: "Only form bodies are accepted",
    20003: "Authenticate",
    20004: "Method not allowed",
    20005: "Account is not active",
    20009: "Message is still in progress; its body can be changed or removed once it has ended",
    20404: "The requested resource was not found",
    20413: "The request is too large",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    20503: "Service unavailable",
    21201: "No 'To' number is specified",
    21205: "Url parameter is required and must be a valid, public URL",
    21210: "The 'From' phone number is not a number of this account",
    21211: "Invalid 'To' Phone Number: {number}",
    21213: "A 'From' phone number is required",
    21215: "Permission to call has not been enabled for the region of the 'To' number",
    21220: "Invalid call state: the call is over",
    21212: "Invalid From Number or Sender: {number}",
    21266: "'To' and 'From' number cannot be the same",
    21408: "Permission to send an SMS has not been enabled for the region of the 'To' number",
    21602: "Message body is required",
    21603: "A 'From' phone number or a Messaging Service is required",
    21604: "A 'To' phone number is required",
    21606: "The 'From' phone number is not a number of this account",
    21609: "The 'StatusCallback' URL is not a valid, public URL",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21624: "ValidityPeriod must be a whole number between 1 and 36000",
    21663: "The 'From' number belongs to another region",
    21670: "Media messages are not supported in this region",
    21701: "The Messaging Service does not exist",
    21704: "The Messaging Service contains no phone numbers",
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30007: "Message filtered",
    30008: "Unknown error",
    30017: "Carrier network congestion",
    30036: "Validity period expired",
    30042: "Generic sender ID blocked",
    30700: "This feature is not supported in this region",
    30409: "Only a scheduled message can be canceled",
    35114: "SendAt must lie between 15 minutes and 35 days from now",
    35118: "SendAt needs a Messaging Service",
}


class Refusal(Exception):
    """The carrier does not take the request; no resource comes of it."""

    def __init__(self, code: int, status: int = 400, *, number: str = "") -> None:
        super().__init__(str(code))
        self.code = code
        self.status = status
        self.number = number

    def payload(self) -> dict[str, Any]:
        """Describe the refusal as Twilio does; digits of a number are masked."""
        masked = self.number[:4] + "X" * max(0, len(self.number) - 4)
        return {
            "code": self.code,
            "message": REASONS[self.code].format(number=masked),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }

"""The sandbox: a Twilio-compatible carrier with phones. Nothing leaves the machine."""

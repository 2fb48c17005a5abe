"""What people see: pages, the JSON API, the live stream and what the carrier posts to us."""

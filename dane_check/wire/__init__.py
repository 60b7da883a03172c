"""DNS messages as octets: sections, ids, truncation. TLSA stays raw; one bad record never loses the message."""

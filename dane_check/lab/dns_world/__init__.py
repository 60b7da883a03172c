"""The lab's DNS: zones signed with dnspython's primitives, and one server that answers like a good resolver."""

"""Calls into private parts of pyOpenSSL that nothing public can replace.

Each has a fallback, and a test that notices when the private name has vanished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from OpenSSL import SSL


def set_signature_algorithms(context: SSL.Context, names: str) -> bool:
    """Offers only the signature algorithms `names` (OpenSSL's colon-separated list) in `context`.

    False where this pyOpenSSL no longer lets us, and nothing was changed: the caller must then restrict what
    it offers by TLS 1.2 cipher suites. pyOpenSSL has no public call for it.
    """
    from OpenSSL import SSL

    library: Any = getattr(SSL, "_lib", None)
    restrict = getattr(library, "SSL_CTX_set1_sigalgs_list", None)
    handle = getattr(context, "_context", None)
    if restrict is None or handle is None:
        return False
    if restrict(handle, names.encode("ascii")) == 1:
        return True
    library.ERR_clear_error()
    return False

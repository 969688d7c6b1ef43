"""An SMTP server of other people's making (aiosmtpd), for the provider's tests.

Usage: real_server.py MODE CERTIFICATE KEY, where MODE is none, starttls or tls. Prints its port, then one line of JSON
for each message it takes. Asks for the login shop / secret. Ends when its standard input does.
"""
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Keep:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "body": envelope.original_content.decode("utf-8", "replace"),
            "encrypted": session.ssl is not None or MODE == "tls",
            "login": session.authenticated,
        }), flush=True)
        return "250 2.0.0 OK: queued as real-1"


def login(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.login == b"shop" and data.password == b"secret"
    return AuthResult(success=good, handled=good)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])

    def session():
        return SMTP(
            Keep(),
            authenticator=login,
            auth_required=True,
            auth_require_tls=MODE == "starttls",
            require_starttls=MODE == "starttls",
            tls_context=context if MODE == "starttls" else None,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=context if MODE == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


MODE = sys.argv[1]
asyncio.run(main())

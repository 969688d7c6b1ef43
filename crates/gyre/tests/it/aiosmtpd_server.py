"""An independent SMTP server for the tests: takes mail of one user, prints each as a line of JSON."""

import asyncio
import json
import sys

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = b"shop", b"hunter2"


def say(value):
    print(json.dumps(value), flush=True)


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (USER, PASSWORD), handled=False)


class Printer:
    async def handle_DATA(self, server, session, envelope):
        raw = envelope.original_content.decode("utf-8", "surrogateescape")
        say({"from": envelope.mail_from, "to": envelope.rcpt_tos, "raw": raw})
        return "250 2.0.0 taken"


def make():
    return SMTP(
        Printer(),
        hostname="aiosmtpd.test",
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=False,
        enable_SMTPUTF8=True,
    )


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    # ends with the test that holds the other end
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())

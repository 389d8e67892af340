"""The vendor that does not exist, as the sandbox plays it."""

import json

from target_gleantap.destinations import load
from target_gleantap.sandbox.account.vendor import Operation, Vendor
from target_gleantap.sandbox.http_messages import Reply

DESTINATION = load("made_up")
CONTACT, EVENT = DESTINATION.resources.values()


def receipt(store):
    store.counts["receipts"] += 1
    return Reply(202, {"receipt": store.counts["receipts"]})


def put_contact(store, body, request):
    key = f"mail={body['mail'].casefold()}"
    contact = store.find((key,)) or store.create(key)
    contact.bodies.append(request.body)
    store.rekey(contact, (key,))
    return receipt(store)


def post_event(store, body, request):
    store.add_event(body["key"], request.body, (f"mail={body['contact']['mail'].casefold()}",))
    return receipt(store)


def fold(bodies):
    return {name: value for body in bodies for name, value in body.items()}


VENDOR = Vendor(
    destination=DESTINATION,
    operations=tuple(
        Operation(
            name=resource.name,
            path=resource.path,
            method=resource.method,
            schema=json.loads(json.dumps(resource.schema)),
            carry_out=carry_out,
            identifiers=resource.identifiers,
        )
        for resource, carry_out in ((CONTACT, put_contact), (EVENT, post_event))
    ),
    credentials={"made_up_token": "sandbox-token"},
    keys_fit=lambda headers, known: headers.get("x-made-up") == known["made_up_token"],
    tenant_fits=lambda _body, _known: True,
    refuse=lambda status, message, faults: Reply(status, {"why": [message, *faults]}),
    failure=lambda message: {"why": [message]},
    fold=fold,
    quotas=lambda _operation, _request: ("", ("500/1s",)),
)

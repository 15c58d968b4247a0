"""Writes src/pipeline/otlp/protocol.binpb: OpenTelemetry's and Google's own descriptors of the OTLP logs service.

Usage: pip install opentelemetry-proto==1.45.2 googleapis-common-protos==1.76.0
       python3 scripts/otlp-descriptors.py src/pipeline/otlp/protocol.binpb

Field names are those of OTLP's JSON encoding, so that both encodings are read by the same code; numbers and types,
which are what goes over the wire, are untouched.
"""
import sys

from google.protobuf import descriptor_pb2
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2

files = descriptor_pb2.FileDescriptorSet()
seen = set()


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def rename(message: descriptor_pb2.DescriptorProto) -> None:
    for field in message.field:
        field.name = camel(field.name)
    for inner in message.nested_type:
        rename(inner)


def add(file) -> None:
    if file.name in seen:
        return
    seen.add(file.name)
    for dependency in file.dependencies:
        add(dependency)
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    for message in proto.message_type:
        rename(message)
    files.file.append(proto)


for module in (logs_service_pb2, status_pb2, error_details_pb2):
    add(module.DESCRIPTOR)
with open(sys.argv[1], "wb") as out:
    out.write(files.SerializeToString(deterministic=True))

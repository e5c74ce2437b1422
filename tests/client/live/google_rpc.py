"""`google.rpc` as its users know it, without the package that has it: the same names and numbers."""

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, duration_pb2, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
_STRING, _INT32, _MESSAGE = _FIELD.TYPE_STRING, _FIELD.TYPE_INT32, _FIELD.TYPE_MESSAGE


def _message(name, *fields):
  message = descriptor_pb2.DescriptorProto(name=name)
  for field_name, number, kind, *more in fields:
    field = message.field.add(name=field_name, number=number, type=kind, label=_FIELD.LABEL_OPTIONAL)
    if "repeated" in more:
      field.label = _FIELD.LABEL_REPEATED
    if kind == _MESSAGE:
      field.type_name = more[0]
  return message


def _file():
  file = descriptor_pb2.FileDescriptorProto(
      name="google/rpc/all.proto", package="google.rpc", syntax="proto3",
      dependency=["google/protobuf/any.proto", "google/protobuf/duration.proto"])
  entry = _message("MetadataEntry", ("key", 1, _STRING), ("value", 2, _STRING))
  entry.options.map_entry = True
  info = _message("ErrorInfo", ("reason", 1, _STRING), ("domain", 2, _STRING),
                  ("metadata", 3, _MESSAGE, ".google.rpc.ErrorInfo.MetadataEntry", "repeated"))
  info.nested_type.append(entry)
  bad = _message("BadRequest", ("field_violations", 1, _MESSAGE,
                                ".google.rpc.BadRequest.FieldViolation", "repeated"))
  bad.nested_type.append(_message("FieldViolation", ("field", 1, _STRING), ("description", 2, _STRING)))
  file.message_type.extend([
      _message("Status", ("code", 1, _INT32), ("message", 2, _STRING),
               ("details", 3, _MESSAGE, ".google.protobuf.Any", "repeated")),
      info, bad, _message("RetryInfo", ("retry_delay", 1, _MESSAGE, ".google.protobuf.Duration"))])
  return file


def _classes():
  pool = descriptor_pool.DescriptorPool()
  for module in (any_pb2, duration_pb2):
    pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
  pool.AddSerializedFile(_file().SerializeToString())
  factory = message_factory.MessageFactory(pool)
  return {name: factory.GetPrototype(pool.FindMessageTypeByName(f"google.rpc.{name}"))
          for name in ("Status", "ErrorInfo", "BadRequest", "RetryInfo")}


CLASSES = _classes()


def read_details(trailer):
  """The status of a `grpc-status-details-bin` and its details by the name of their type."""
  status = CLASSES["Status"].FromString(trailer)
  details = {}
  for detail in status.details:
    prefix, _, name = detail.type_url.rpartition(".")
    assert prefix == "type.googleapis.com/google.rpc", detail.type_url
    details[name] = CLASSES[name].FromString(detail.value)
  return status, details

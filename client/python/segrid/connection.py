"""The channel to a server, and the calls on it: deadlines, the token, errors, retries."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, Iterator

import grpc

from segrid import errors
from segrid.retry import Retrier, Retry

VERSION = "0.1.0"
_LONGEST = 86_400.0  # Seconds.
_MAX_RESPONSE_BYTES = 64 << 20
_ON_THIS_MACHINE = re.compile(r"unix:.*|(localhost|(ipv4:)?127(\.\d{1,3}){3}|(ipv6:)?\[::1\])(:\d+)?")


@dataclasses.dataclass(frozen=True)
class Tls:
  """TLS towards the server. The files are read once, when connecting."""
  ca_file: str = ""  # Authorities of the server's certificate; "": those that gRPC has.
  cert_file: str = ""  # The client's own certificate and key, for servers that ask for one (mTLS). Both or neither.
  key_file: str = ""
  server_name: str = ""  # The name in the server's certificate; "": the host of the address.

  def credentials(self) -> grpc.ChannelCredentials:
    if bool(self.cert_file) != bool(self.key_file):
      raise ValueError("cert_file and key_file must be given together")
    pems = [_read_pem(name) for name in (self.ca_file, self.key_file, self.cert_file)]
    return grpc.ssl_channel_credentials(*pems)


def _read_pem(name: str) -> bytes | None:
  if not name:
    return None
  with open(name, "rb") as file:
    content = file.read()
  if b"-----BEGIN " not in content:
    raise ValueError(f"'{name}' is not a PEM file")
  return content


def _options(tls: Tls | None) -> list[tuple[str, Any]]:
  options: list[tuple[str, Any]] = [
      ("grpc.initial_reconnect_backoff_ms", 100), ("grpc.min_reconnect_backoff_ms", 1000), ("grpc.max_reconnect_backoff_ms", 1000),
      ("grpc.keepalive_time_ms", 20_000), ("grpc.keepalive_timeout_ms", 5_000), ("grpc.http2.max_pings_without_data", 0),
      ("grpc.enable_retries", 0), ("grpc.max_receive_message_length", _MAX_RESPONSE_BYTES),
      ("grpc.primary_user_agent", f"segrid-python/{VERSION}"),
      ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]}))]
  if tls and tls.server_name:
    options.append(("grpc.ssl_target_name_override", tls.server_name))
  return options


class Connection:
  """The calls. Thread safe."""

  def __init__(self, address: str, tls: Tls | None, token: str, timeout: float, retry: Retry):
    if token and not tls and not _ON_THIS_MACHINE.fullmatch(address):
      raise ValueError("token needs tls, because a token must not cross a network in the clear")
    if not all(" " < letter <= "~" for letter in token):
      raise ValueError("token must be printable ASCII")
    self.address = address
    self.timeout = _checked(timeout)
    self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
    self._retrier = Retrier(retry)
    if tls:
      self._channel = grpc.secure_channel(address, tls.credentials(), _options(tls))
    else:
      self._channel = grpc.insecure_channel(address, _options(tls))

  def close(self) -> None:
    self._retrier.close()
    self._channel.close()

  def call(self, method: str, request: Any, response: Any, timeout: float | None, *, exact: bool, whole: bool = False,
           key: str = "") -> Any:
    """Calls a method with one response. Blocks; raises Error."""
    send = self._channel.unary_unary(method, request_serializer=type(request).SerializeToString,
                                     response_deserializer=response.FromString)
    metadata = self._metadata + ((("segrid-idempotency-key", key),) if key else ())

    def attempt(seconds: float) -> Any:
      try:
        return send(request, timeout=seconds, metadata=metadata)
      except grpc.RpcError as failed:
        raise errors.from_call(failed, self.address) from failed
      except ValueError as failed:  # gRPC's for a channel that is closed.
        raise errors.Error(grpc.StatusCode.CANCELLED, "CLOSED", "the client was closed") from failed
    return self._retrier.run(attempt, self.timeout if timeout is None else _checked(timeout), exact=exact, whole=whole)

  def watch(self, method: str, request: Any, response: Any, timeout: float | None) -> Iterator[Any]:
    """The responses of a method that goes on; the call ends with the iterator. Without a timeout it has no end."""
    send = self._channel.unary_stream(method, request_serializer=type(request).SerializeToString,
                                      response_deserializer=response.FromString)
    return self._read(send(request, timeout=None if timeout is None else _checked(timeout), metadata=self._metadata))

  def exchange(self, method: str, requests: Iterator[Any], request: Any, response: Any, timeout: float | None) -> Iterator[Any]:
    """The responses of a stream of requests. Nothing is repeated."""
    send = self._channel.stream_stream(method, request_serializer=request.SerializeToString,
                                       response_deserializer=response.FromString)
    seconds = self.timeout if timeout is None else _checked(timeout)
    return self._read(send(requests, timeout=seconds, metadata=self._metadata, wait_for_ready=True))

  def _read(self, call: Any) -> Iterator[Any]:
    try:
      yield from call
    except grpc.RpcError as failed:
      raise errors.from_call(failed, self.address) from failed
    finally:
      call.cancel()


def _checked(timeout: float) -> float:
  if not 0.001 <= timeout <= _LONGEST:
    raise ValueError("timeout must be 0.001 to 86,400 seconds")
  return timeout

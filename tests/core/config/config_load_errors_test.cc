// Every kind of mistake in a file, with the exact place and words.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/config/load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/config/fake_environment.h"

namespace segrid::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  std::string name;
  std::string yaml;
  std::string want;  // The whole message; lines start with "f:" in the status.
};

std::string MessageOf(const std::string& yaml,
                      const Environment& environment = FakeEnvironment()) {
  const auto config = LoadText(yaml, "f", environment);
  if (config.ok()) return "no error";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::ReasonOf(config.status()), "INVALID_CONFIG");
  return std::string(config.status().message());
}

// A source that is right, for a case to add its mistake in line 2.
std::string InSource(const std::string& line) {
  return "sources:\n  - " + line + "\n    name: a\n    write_key: k\n";
}

// The same for receiver `http`, in line 5.
std::string InHttpSource(const std::string& line) {
  return "sources:\n  - name: a\n    receiver: http\n    endpoint: "
         "https://a.b\n    " +
         line + "\n";
}

const char kNames[] =
    "processed, delivered, open, machine_opened, click, drop, bounce, "
    "unsubscribe, group_unsubscribe, group_resubscribe, spamreport, deferred";
const char kDurationHelp[] =
    "; write a number with its unit: ms, s, m, h or d, e.g. 250ms, 50s, 20h";
const char kSizeHelp[] =
    "; write a number with its unit: B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, "
    "e.g. 500KB, 4MiB";
const char kListenHelp[] =
    "; write host:port, [ipv6]:port or unix:/path, e.g. 127.0.0.1:50051";

// clang-format off
std::vector<Case> KeyCases() {
  return {
      {"UnknownKeyNear", "loging: {}", "f:1:1: loging: unknown key; did you mean 'logging'?"},
      {"UnknownKeyFar", "drain:\n  zebra: 1", "f:2:3: drain.zebra: unknown key; known are: delay, grace"},
      {"UnknownKeyNearAShortOne", "htpp: 1", "f:1:1: htpp: unknown key; did you mean 'http'?"},
      {"UnknownKeyInSource", InSource("regin: us"), "f:2:5: sources[0].regin: unknown key; did you mean 'region'?"},
      {"UnknownKeyThatLostItsSpace", "drain: {delay:hidden}", "f:1:9: drain.delay…: unknown key; known are: delay, grace"},
      {"KeyTwice", "drain: {delay: 1s}\ndata_dir: a\ndrain: {}", "f:3:1: drain: is set twice, first in line 1; keep one"},
      {"KeyTwiceInside", "drain:\n  delay: 1s\n  delay: 2s", "f:3:3: drain.delay: is set twice, first in line 2; keep one"},
      {"KeyIsAList", "[a]: 1", "f:1:1: a key must be a plain name"},
      {"ColumnsCountCharacters", "data_dir: \"äöü\" \ndrain: {ä: 1, delay: 5}",
       "f:2:9: drain.…: unknown key; known are: delay, grace\n"
       "f:2:22: drain.delay: '5' has no unit" + std::string(kDurationHelp)},
  };
}

std::vector<Case> TypeCases() {
  return {
      {"RootIsAText", "hello", "f:1:1: must be a section with keys (key: value), e.g. data_dir: ./segrid-data"},
      {"SectionIsAText", "drain: 5s", "f:1:8: drain: must be a section with keys (key: value)"},
      {"SectionIsAList", "drain: [delay]", "f:1:8: drain: must be a section with keys (key: value)"},
      {"TextIsAList", "data_dir: [a]", "f:1:11: data_dir: is a list; must be a text"},
      {"TextIsASection", "data_dir: {a: b}", "f:1:11: data_dir: is a section with keys; must be a text"},
      {"TextIsNothing", "data_dir:\ndrain: {}", "f:1:1: data_dir: has no value; give a text or remove the key"},
      {"TextIsEmpty", "data_dir: ''", "f:1:11: data_dir: is empty; give a value or remove the key"},
      {"TextHasControl", "data_dir: \"a\\tb\"", "f:1:11: data_dir: 'a?b' holds a control character; remove it"},
      {"TextIsTooLong", "data_dir: " + std::string(5000, 'x'), "f:1:11: data_dir: '" + std::string(120, 'x') + "…' is too long; at most 4096 bytes"},
      {"ListIsAText", "grpc: {listen: a}", "f:1:16: grpc.listen: is a single value; must be a list: [a, b]"},
      {"ListIsNothing", "grpc: {listen: }", "f:1:8: grpc.listen: has no value; must be a list: [a, b]"},
      {"ListIsEmpty", "grpc: {listen: []}", "f:1:16: grpc.listen: has 0 elements; must have 1 to 16"},
      {"ListIsTooLong", InSource("email_subject_from: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q]"), "f:2:25: sources[0].email_subject_from: has 17 elements; must have 0 to 16"},
      {"ElementIsAList", InSource("events: [open, [click]]"), "f:2:20: sources[0].events[1]: is a list; must be a text"},
      {"ElementTwice", InSource("events: [open, click, open]"), "f:2:27: sources[0].events[2]: is in the list twice; keep one"},
      {"SourcesIsASection", "sources: {name: a}", "f:1:10: sources: must be a list: each element starts with '- '"},
      {"SourceIsAText", "sources: [a]", "f:1:11: sources[0]: must be a section with keys (key: value)"},
      {"FlagYes", InSource("gzip: yes"), "f:2:11: sources[0].gzip: 'yes' is neither true nor false"},
      {"FlagQuoted", InSource("gzip: 'true'"), "f:2:11: sources[0].gzip: is a text; must be true or false without quotes"},
      {"IntegerIsText", "grpc: {max_events: many}", "f:1:20: grpc.max_events: 'many' is no integer; must be 1 to 1000000"},
      {"IntegerIsFraction", "grpc: {max_events: 1.5}", "f:1:20: grpc.max_events: '1.5' is no integer; must be 1 to 1000000"},
      {"IntegerQuoted", "grpc: {max_events: '5'}", "f:1:20: grpc.max_events: is a text; must be an integer without quotes"},
      {"IntegerTooSmall", "grpc: {max_events: 0}", "f:1:20: grpc.max_events: '0' is out of range; must be 1 to 1000000"},
      {"IntegerBeyondItsType", "grpc: {max_events: 99999999999}", "f:1:20: grpc.max_events: '99999999999' is out of range; must be 1 to 1000000"},
      {"NumberIsText", InSource("requests_per_second: fast"), "f:2:26: sources[0].requests_per_second: 'fast' is no number; must be 0.1 to 10000"},
      {"NumberTooLarge", InSource("requests_per_second: 10001"), "f:2:26: sources[0].requests_per_second: '10001' is out of range; must be 0.1 to 10000"},
      {"NumberIsNan", InSource("requests_per_second: nan"), "f:2:26: sources[0].requests_per_second: 'nan' is no number; must be 0.1 to 10000"},
      {"NumberIsInfinite", InSource("requests_per_second: inf"), "f:2:26: sources[0].requests_per_second: 'inf' is no number; must be 0.1 to 10000"},
      {"NumberIsHexadecimal", InSource("requests_per_second: 0x10"), "f:2:26: sources[0].requests_per_second: '0x10' is no number; must be 0.1 to 10000"},
      {"SizeWithoutUnit", "queue: {dedup_memory: 128}", "f:1:23: queue.dedup_memory: '128' has no unit" + std::string(kSizeHelp)},
      {"SizeUnknownUnit", "queue: {max_bytes: 10Gib}", "f:1:20: queue.max_bytes: '10Gib' has an unknown unit" + std::string(kSizeHelp)},
      {"SizeOutOfRange", "queue: {max_bytes: 1023KiB}", "f:1:20: queue.max_bytes: '1023KiB' is out of range; must be 1MiB to 1024TiB"},
      {"PlainBytesOutOfRange", "grpc: {max_message_bytes: -1}", "f:1:27: grpc.max_message_bytes: '-1' is out of range; must be 1KiB to 64MiB"},
      {"DurationWithoutUnit", "drain: {grace: 20}", "f:1:16: drain.grace: '20' has no unit" + std::string(kDurationHelp)},
      {"DurationUnknownUnit", "queue: {dedup_window: 1w}", "f:1:23: queue.dedup_window: '1w' has an unknown unit" + std::string(kDurationHelp)},
      {"DurationIsText", "drain: {grace: soon}", "f:1:16: drain.grace: 'soon' is no duration" + std::string(kDurationHelp)},
      {"DurationOutOfRange", "drain: {grace: 61m}", "f:1:16: drain.grace: '61m' is out of range; must be 0s to 1h"},
      {"WordUnknown", "logging: {level: loud}", "f:1:18: logging.level: 'loud' is not known; must be one of: debug, info, warning, error"},
      {"WordIsAList", "logging: {format: [json]}", "f:1:19: logging.format: is a list; must be one of: json, text"},
  };
}

std::vector<Case> SourceCases() {
  return {
      {"NameMissing", "sources: [{write_key: k}]", "f:1:11: sources[0].name: is missing; every source needs a name, e.g. sendgrid_prod"},
      {"NameBad", "sources: [{name: 1prod, write_key: k}]", "f:1:18: sources[0].name: '1prod' is no name; must be 1 to 63 letters, digits, '_' and '-', a letter first"},
      {"NameTwiceButForCase", "sources:\n- {name: a_B, write_key: k}\n- {name: A_b, write_key: k}", "f:3:10: sources[1].name: differs from source 'a_B' in line 2 only in the case of letters; choose another name"},
      {"BadOldName", "sources: [{name: a, write_key: k, was: [1st]}]", "f:1:41: sources[0].was[0]: '1st' is no name; must be 1 to 63 letters, digits, '_' and '-', a letter first"},
      {"OldNameIsItsOwn", "sources: [{name: a, write_key: k, was: [b, A]}]", "f:1:44: sources[0].was[1]: is taken by the source 'a' in line 1; an old name belongs to one source alone, and differs from all names by more than the case of letters"},
      {"OldNameIsAnothersName", "sources: [{name: a, write_key: k, was: [B]},\n  {name: b, write_key: k}]", "f:1:41: sources[0].was[0]: is taken by the source 'b' in line 2; an old name belongs to one source alone, and differs from all names by more than the case of letters"},
      {"TwoClaimOneLane", "sources: [{name: a, write_key: k, was: [old]},\n  {name: b, write_key: k, was: [old]}]", "f:2:33: sources[1].was[0]: is taken by 'was' in line 1; an old name belongs to one source alone, and differs from all names by more than the case of letters"},
      {"OldNamesDifferInCase", "sources: [{name: a, write_key: k, was: [x, old]},\n  {name: b, write_key: k, was: [OLD]}]", "f:2:33: sources[1].was[0]: is taken by 'was' in line 1; an old name belongs to one source alone, and differs from all names by more than the case of letters"},
      {"LabelTooLong", "sources: [{name: a, write_key: k, label: " + std::string(201, 'x') + "}]", "f:1:42: sources[0].label: '" + std::string(120, 'x') + "…' is too long; at most 200 bytes"},
      {"NameTwice", "sources:\n- {name: a, write_key: k}\n- {name: b, write_key: k}\n- {name: a, write_key: k}", "f:4:10: sources[2].name: another source has this name, see line 2; names must be unique"},
      {"TagTwice", "sources:\n- {name: prod_a34, write_key: k}\n- {name: prod_a89, write_key: k}",
       "f:3:10: sources[1].name: has the same tag 'a376' as source 'prod_a34' in line 2; tags keep message ids of sources apart: choose another name"},
      {"KeyMissing", "sources: [{name: a}]", "f:1:11: sources[0].write_key: is missing; write ${ENV_NAME} or ${file:/path}, or use receiver 'file', which needs none"},
      {"PathMissing", "sources: [{name: a, receiver: file}]", "f:1:11: sources[0].path: is missing; receiver 'file' needs one, e.g. tracks.ndjson"},
      {"PathAbsolute", InSource("path: /tmp/x"), "f:2:11: sources[0].path: '/tmp/x' is no file below data_dir; write a relative path without '..', e.g. tracks.ndjson"},
      {"PathOfQueue", InSource("path: ./queue/x"), "f:2:11: sources[0].path: './queue/x' is where the server has its own files; write another path, e.g. tracks.ndjson"},
      {"PathOfKeys", InSource("path: grpc-tls/x"), "f:2:11: sources[0].path: 'grpc-tls/x' is where the server has its own files; write another path, e.g. tracks.ndjson"},
      {"PathLeaves", InSource("path: a/../../x"), "f:2:11: sources[0].path: 'a/../../x' is no file below data_dir; write a relative path without '..', e.g. tracks.ndjson"},
      {"PathTwice", "sources:\n- {name: a, receiver: file, path: t}\n- {name: b, receiver: file, path: ./t}", "f:3:35: sources[1].path: another source writes to this file, see line 2; give each its own"},
      {"RegionUnknown", InSource("region: asia"), "f:2:13: sources[0].region: 'asia' is not known; must be one of: us, eu"},
      {"ReceiverUnknown", "sources: [{name: a, receiver: fiel}]", "f:1:31: sources[0].receiver: 'fiel' is not known; must be one of: segment, file, warehouse, rudderstack, jitsu, hightouch, customerio, http"},
      {"RegionAndEndpoint", InSource("region: us\n    endpoint: https://a.b"), "f:2:13: sources[0].region: 'region' and 'endpoint' exclude each other; keep one"},
      {"EndpointHttp", InSource("endpoint: http://localhost:8080"), "f:2:15: sources[0].endpoint: is not https; write https://, or set 'allow_http': keys and addresses then travel in the clear"},
      {"EndpointOfATrack", InSource("endpoint: https://a.b:8/x/v1/track"), "f:2:15: sources[0].endpoint: names a single call, and events go in batches; write https://a.b:8/x, to which /v1/batch is added"},
      {"EndpointOfATrackWithoutVersion", InSource("endpoint: https://a.b/Track/"), "f:2:15: sources[0].endpoint: names a single call, and events go in batches; write https://a.b, to which /v1/batch is added"},
      {"EndpointOfAnImport", InSource("endpoint: https://a.b/v1/import"), "f:2:15: sources[0].endpoint: names a single call, and events go in batches; write https://a.b, to which /v1/batch is added"},
      {"EndpointOfABatchWithASlash", InSource("endpoint: https://a.b/v1/batch/"), "f:2:15: sources[0].endpoint: has a slash behind its path; write https://a.b/v1/batch"},
      {"EndpointPublicApi", InSource("endpoint: https://API.segmentapis.com"), "f:2:15: sources[0].endpoint: is the address of Segment's Public API, which takes no events; write https://api.segment.io, or region: us"},
      {"EndpointPublicApiEu", InSource("endpoint: https://eu1.api.segmentapis.com:443/v1"), "f:2:15: sources[0].endpoint: is the address of Segment's Public API, which takes no events; write https://events.eu1.segmentapis.com, or region: eu"},
      {"EndpointOfTokens", InSource("endpoint: https://oauth2.segment.io"), "f:2:15: sources[0].endpoint: is the address of Segment's tokens, which takes no events; write https://api.segment.io, or region: us"},
      {"HttpWithoutEndpoint", "sources: [{name: a, receiver: http}]", "f:1:11: sources[0].endpoint: is missing; receiver 'http' has no address of its own: write https://host[:port][/path]"},
      {"HttpWithWriteKey", InSource("receiver: http\n    endpoint: https://a.b"), "f:5:16: sources[0].write_key: is not for receiver 'http'; credentials are a header, e.g. headers: [{name: Authorization, value: \"Bearer ${TOKEN}\"}]"},
      {"FormatUnknown", InSource("format: xml"), "f:2:13: sources[0].format: 'xml' is not known; must be one of: array, lines, batch"},
      {"FormatForSegment", InSource("format: lines"), "f:2:13: sources[0].format: is for receiver 'http'; remove it, or set the receiver"},
      {"BatchBytesForSegment", InSource("max_batch_bytes: 32KiB"), "f:2:22: sources[0].max_batch_bytes: is for receiver 'http'; remove it, or set the receiver"},
      {"HeaderNameBad", InHttpSource("headers: [{name: 'X Y', value: hidden}]"), "f:5:22: sources[0].headers[0].name: 'X Y' is no name of a header; e.g. X-Api-Key"},
      {"HeaderNameOurs", InHttpSource("headers: [{name: Content-length, value: hidden}]"), "f:5:22: sources[0].headers[0].name: 'Content-length' is a header that the server makes itself; remove it"},
      {"HeaderWithLineEnd", InHttpSource("headers: [{name: X, value: \"hidden\\nY: z\"}]"), "f:5:32: sources[0].headers[0].value: holds a line end, another control character, a letter beyond ASCII, or a blank at an end (not shown here); give the value alone"},
      {"HeaderWithoutValue", InHttpSource("headers: [{name: X}]"), "f:5:15: sources[0].headers[0].value: is missing; write ${ENV_NAME} or ${file:/path}"},
      {"SigningSecretBad", InSource("signing_secret: whsec_hidden"), "f:2:21: sources[0].signing_secret: is no key of Standard Webhooks (not shown here); it is whsec_ and the base64 of 24 to 64 bytes"},
      {"OAuthWithoutKeyId", InSource("oauth: {client_id: c}"), "f:2:12: sources[0].oauth.key_id: is missing; Segment shows it with the app\nf:2:12: sources[0].oauth.key: is missing; write ${file:/path} of the private key"},
      {"OAuthKeyBad", InSource("oauth: {client_id: c, key_id: i, key: hidden}"), "f:2:43: sources[0].oauth.key: is no private RSA key of 2048 bits or more in PEM form without a passphrase (not shown here); write ${file:/path} of the key whose public half Segment has"},
      {"OAuthIdBad", InSource("oauth: {client_id: 'a\"b', key_id: i, key: hidden}"), "f:2:24: sources[0].oauth.client_id: 'a\"b' is no id; must be up to 256 letters, digits, '-', '_', '.', '~' and ':'\nf:2:47: sources[0].oauth.key: is no private RSA key of 2048 bits or more in PEM form without a passphrase (not shown here); write ${file:/path} of the key whose public half Segment has"},
      {"OAuthForJitsu", InSource("receiver: jitsu\n    endpoint: https://a.b\n    oauth: {client_id: ''}"), "no error"},
      {"EventsPerSecondNegative", InSource("events_per_second: -1"), "f:2:24: sources[0].events_per_second: '-1' is out of range; must be 0 to 1000000"},
      {"ProxyAuthWithLineEnd", InSource("proxy: http://p:1\n    proxy_auth: \"u:hidden\\n\""), "f:3:17: sources[0].proxy_auth: holds a control character, such as a line end (not shown here); give user:password alone"},
      {"ProxyNoneWithAuth", InSource("proxy: none\n    proxy_auth: u:hidden"), "f:3:17: sources[0].proxy_auth: is for a proxy; add 'proxy' or remove it"},
      {"EndpointWithQuery", InSource("endpoint: https://a.b/c?d=hidden"), "f:2:15: sources[0].endpoint: has a query or fragment; write https://host[:port][/path], e.g. https://api.segment.io"},
      {"EndpointOfHttpWithFragment", "sources: [{name: a, receiver: http, endpoint: 'https://a.b/c?d=hidden#e'}]", "f:1:47: sources[0].endpoint: has a character in its query that a URL must escape; write https://host[:port][/path], e.g. https://api.segment.io"},
      {"EndpointOfHttpWithSpace", "sources: [{name: a, receiver: http, endpoint: 'https://a.b/c?d= hidden'}]", "f:1:47: sources[0].endpoint: has a character in its query that a URL must escape; write https://host[:port][/path], e.g. https://api.segment.io"},
      {"EndpointWithUser", InSource("endpoint: https://u:hidden@a.b"), "f:2:15: sources[0].endpoint: holds a user or password, which belong in 'write_key'; write https://host[:port][/path], e.g. https://api.segment.io"},
      {"EndpointMissing", "sources: [{name: a, receiver: rudderstack, write_key: k}]", "f:1:11: sources[0].endpoint: is missing; receiver 'rudderstack' has no address of its own: write https://host[:port][/path]"},
      {"RegionNotThere", InSource("region: eu\n    receiver: hightouch"), "f:2:13: sources[0].region: receiver 'hightouch' has no region 'eu'; must be us, or give an 'endpoint'"},
      {"ProxyIsHttps", InSource("proxy: https://p:1"), "f:2:12: sources[0].proxy: is no http URL; write http://host:port, e.g. http://proxy.internal:3128"},
      {"ProxyWithUser", InSource("proxy: http://u:hidden@p:1"), "f:2:12: sources[0].proxy: holds a user or password, which belong in 'proxy_auth'; write http://host:port, e.g. http://proxy.internal:3128"},
      {"ProxyWithoutPort", InSource("proxy: http://p"), "f:2:12: sources[0].proxy: has no port from 1 to 65535; write http://host:port, e.g. http://proxy.internal:3128"},
      {"ProxyForHttp", InSource("endpoint: http://localhost\n    allow_http: true\n    proxy: http://p:1"), "f:4:12: sources[0].proxy: is for https endpoints; remove it"},
      {"ProxyWithoutPortButWithAuth", InSource("proxy: http://p\n    proxy_auth: u:hidden"), "f:2:12: sources[0].proxy: has no port from 1 to 65535; write http://host:port, e.g. http://proxy.internal:3128"},
      {"ProxyAuthAlone", InSource("proxy_auth: u:hidden"), "f:2:17: sources[0].proxy_auth: is for a proxy; add 'proxy' or remove it"},
      {"ClientCertAlone", InSource("client_cert: c.pem"), "f:2:18: sources[0].client_cert: needs its private key; add 'client_key'"},
      {"ClientKeyAlone", InSource("client_key: k.pem"), "f:2:17: sources[0].client_key: needs its certificate; add 'client_cert'"},
      {"TimeoutTooShort", InSource("connect_timeout: 1ms"), "f:2:22: sources[0].connect_timeout: '1ms' is out of range; must be 100ms to 5m"},
      {"EventUnknown", InSource("events: [opened, clik]"),
       "f:2:14: sources[0].events[0]: 'opened' is not known; did you mean 'open'? Must be one of: " + std::string(kNames) + "\n"
       "f:2:22: sources[0].events[1]: 'clik' is not known; did you mean 'click'? Must be one of: " + kNames},
      {"EventsEmpty", InSource("events: []"), "f:2:13: sources[0].events: has 0 elements; must have 1 to 100"},
      {"EmailTypeUnknown", InSource("email_types: [test]"), "f:2:19: sources[0].email_types[0]: 'test' is not known; must be one of: singlesend, automation, other"},
      {"EmailHashUnknown", InSource("email_hash: raw"), "f:2:17: sources[0].email_hash: 'raw' is not known; must be one of: normalized, as_received"},
      {"ExtraPropertyUnknown", InSource("extra_properties: [order_number, reson]"),
       "f:2:24: sources[0].extra_properties[0]: 'order_number' is no key that SendGrid sends; your own custom arguments go under 'custom_args'\n"
       "f:2:38: sources[0].extra_properties[1]: 'reson' is no key that SendGrid sends; did you mean 'reason'? Your own custom arguments go under 'custom_args'"},
      {"ExtraPropertyOfAnObject", InSource("extra_properties: [newsletter_id]"), "f:2:24: sources[0].extra_properties[0]: 'newsletter_id' is no key that SendGrid sends; did you mean 'newsletter'? Your own custom arguments go under 'custom_args'"},
      {"CustomArgsUnknownWord", InSource("custom_args: some"), "f:2:18: sources[0].custom_args: 'some' is not known; must be none, all, a list: [a, b], or a map: {a: b}"},
      {"CustomArgsOfSendGrid", InSource("custom_args: [plan, reason]"), "f:2:25: sources[0].custom_args[1]: 'reason' is a key of SendGrid's own, not a custom argument; keys of SendGrid's go under 'extra_properties'"},
      {"CustomArgsTwoForOneProperty", InSource("custom_args: {plan: tier, mail: tier}"), "f:2:18: sources[0].custom_args: gives the property 'tier' to 'mail' and to 'plan'; give each its own"},
      {"CustomArgsMappedToAnOptedInProperty", InSource("custom_args: {plan: reason}\n    extra_properties: [reason]"), "f:2:18: sources[0].custom_args: gives the property 'reason' to an argument, but 'extra_properties' has it, too; choose another name"},
      {"CustomArgsMappedToADerivedProperty", InSource("custom_args: {x: x_message_id}\n    extra_properties: [x_message_id]"), "f:2:18: sources[0].custom_args: gives the property 'x_message_id' to an argument, but 'extra_properties' has it, too; choose another name"},
      {"CustomArgsPrefixedToAnOptedInProperty", InSource("custom_args: [son]\n    custom_args_prefix: rea\n    extra_properties: [reason]"), "f:2:18: sources[0].custom_args: gives the property 'reason' to an argument, but 'extra_properties' has it, too; choose another name"},
      {"CustomArgsOfOneNameLose", InSource("custom_args: [x_message_id]\n    extra_properties: [x_message_id]"), "no error"},
      {"CustomArgsMapOfSendGrid", InSource("custom_args: {reason: r}"), "f:2:19: sources[0].custom_args.reason: 'reason' is a key of SendGrid's own, not a custom argument; keys of SendGrid's go under 'extra_properties'"},
      {"CustomArgsMapWithoutAName", InSource("custom_args: {plan: \"\"}"), "f:2:25: sources[0].custom_args.plan: is empty; give a value or remove the key"},
      {"OnlyWithoutValues", InSource("only: {category: []}"), "f:2:22: sources[0].only.category: has 0 elements; must have 1 to 100"},
      {"OnlyWithoutConditions", InSource("only: {}"), "f:2:11: sources[0].only: has no condition; give at least one, e.g. category: [news]"},
      {"OnlyOnAnAddress", InSource("only: {email: [a]}"), "f:2:20: sources[0].only.email[0]: 'a' is no condition, because addresses are personal; use a category, a custom argument or another field"},
      {"OnlyOnABooleanThatIsNone", InSource("only: {tls: [yes]}"), "f:2:18: sources[0].only.tls[0]: 'yes' is neither true nor false, which this field is"},
      {"OnlyOnAnIntegerThatNeverFits", InSource("only: {sg_user_id: [01]}"), "f:2:25: sources[0].only.sg_user_id[0]: '01' is no integer in decimal, which this field is"},
      {"OnlyOnMembersOfThePool", InSource("only: {pool: {name: a}}"), "f:2:18: sources[0].only.pool: is a section with keys; must be a list: [a, b]"},
      {"OnlyOnAListOfArguments", InSource("only: {custom_args: [a]}"), "f:2:25: sources[0].only.custom_args: must be a map of lists: {name: [a, b]}"},
      {"OnlyOnAnArgumentOfSendGrid", InSource("only: {custom_args: {reason: [a]}}"), "f:2:26: sources[0].only.custom_args.reason: 'reason' is a key of SendGrid's own, not a custom argument; conditions on it are written beside 'custom_args'"},
      {"OnlyOnAnArgumentWithoutValues", InSource("only: {custom_args: {env: []}}"), "f:2:31: sources[0].only.custom_args.env: has 0 elements; must have 1 to 100"},
      {"NotThatIsNoSection", InSource("not: x"), "f:2:10: sources[0].not: must be a section with keys, or a list of such: each element starts with '- '"},
      {"PersonalTruncatesAddressesOnly", InSource("personal: {email: truncate}"), "f:2:23: sources[0].personal.email: 'truncate' is not known; must be one of: keep, omit"},
      {"PersonalUnknownWord", InSource("personal: {ip: hash}"), "f:2:20: sources[0].personal.ip: 'hash' is not known; must be one of: keep, truncate, omit"},
      {"UserIdOfSendGrid", InSource("user_id_from: email"), "f:2:19: sources[0].user_id_from: 'email' is a key of SendGrid's own, not a custom argument; keys of SendGrid's go under 'extra_properties'"},
      {"SubjectOfSendGrid", InSource("email_subject_from: [type]"), "f:2:26: sources[0].email_subject_from[0]: 'type' is a key of SendGrid's own, not a custom argument; keys of SendGrid's go under 'extra_properties'"},
  };
}

std::vector<Case> GrpcCases() {
  const std::string exposed =
      "can be reached from other hosts without a client certificate; set grpc.tls.cert, key and client_ca, or listen on "
      "127.0.0.1 or unix:/path, or say grpc.allow_insecure_bind: true";
  return {
      {"ListenExposed", "grpc: {listen: ['127.0.0.1:1', '0.0.0.0:1']}", "f:1:32: grpc.listen[1]: " + exposed},
      {"ListenExposedByName", "grpc: {listen: ['example.com:1']}", "f:1:17: grpc.listen[0]: " + exposed},
      {"ListenExposedWithoutClientCa", "grpc: {listen: ['[::]:1'], tls: {cert: c, key: k}}", "f:1:17: grpc.listen[0]: " + exposed},
      {"ListenExposedAfterABadOne", "grpc: {listen: [x, '0.0.0.0:1']}", "f:1:17: grpc.listen[0]: 'x' has no port" + std::string(kListenHelp) + "\nf:1:20: grpc.listen[1]: " + exposed},
      {"ListenWithoutHost", "grpc: {listen: [':1']}", "f:1:17: grpc.listen[0]: ':1' has no host" + std::string(kListenHelp)},
      {"ListenPortTooLarge", "grpc: {listen: ['127.0.0.1:65536']}", "f:1:17: grpc.listen[0]: '127.0.0.1:65536' has no port from 0 to 65535" + std::string(kListenHelp)},
      {"TlsWithoutKey", "grpc: {tls: {cert: c}}", "f:1:13: grpc.tls.key: is missing; 'cert' needs its private key, a PEM file"},
      {"TlsWithoutCert", "grpc: {tls: {key: k}}", "f:1:13: grpc.tls.cert: is missing; 'key' needs its certificate, a PEM file"},
      {"TlsOnlyClientCa", "grpc: {tls: {client_ca: a}}", "f:1:25: grpc.tls.client_ca: works only with TLS; set 'cert' and 'key' too"},
  };
}

std::vector<Case> WarehouseCases() {
  const auto database = [](const std::string& value) {
    return "sources: [{name: a, receiver: warehouse, database: '" + value + "'}]";
  };
  const std::string at = "f:1:52: sources[0].database: ";
  const std::string password = at + "holds a password; put it into 'database_password', e.g. ${file:/run/secrets/pg}";
  const std::string pair = "sources:\n- {name: a, receiver: warehouse, database: '";
  const std::string pair_middle = "'}\n- {name: b, receiver: warehouse, database: '";
  return {
      {"DatabaseMissing", "sources: [{name: a, receiver: warehouse}]", "f:1:11: sources[0].database: is missing; receiver 'warehouse' needs one, e.g. sqlite:events.db"},
      {"DatabaseUnknown", database("mysql://hidden"), at + "is no database; write sqlite:<file>, e.g. sqlite:events.db, or postgresql://user@host/database"},
      {"DatabaseWithPassword", database("postgresql://u:hidden@h/d"), password},
      {"DatabaseWithPasswordAsParameter", database("postgresql://u@h/d?pass%77ord=hidden"), password},
      {"DatabaseAbsolute", database("sqlite:/tmp/x"), at + "is no file below data_dir; write a relative path without '..', e.g. tracks.ndjson"},
      {"DatabaseOfQueue", database("sqlite:queue/x"), at + "is where the server has its own files; write another path, e.g. tracks.ndjson"},
      {"DatabaseTwice", pair + "sqlite:e.db" + pair_middle + "sqlite:./e.db'}", "f:3:44: sources[1].database: another source loads into the same tables, see line 2; give each its own schema or file"},
      {"SchemaTwice", pair + "postgresql://h/d', schema: s}\n- {name: b, receiver: warehouse, schema: s, database: 'postgres://u@H:5432/d?sslmode=require'}", "f:3:55: sources[1].database: another source loads into the same tables, see line 2; give each its own schema or file"},
      {"DatabaseOfAFileReceiver", "sources:\n- {name: a, receiver: file, path: x/e.db}\n- {name: b, receiver: warehouse, database: 'sqlite:x/./e.db'}", "f:3:44: sources[1].database: another source writes to this file; give each its own"},
      {"SchemaOfSqlite", "sources: [{name: a, receiver: warehouse, database: 'sqlite:e.db', schema: s}]", "f:1:75: sources[0].schema: is for PostgreSQL; a SQLite file has none: remove it"},
      {"PasswordOfSqlite", "sources: [{name: a, receiver: warehouse, database: 'sqlite:e.db', database_password: '${WRONG}'}]", "f:1:86: sources[0].database_password: is for PostgreSQL; a SQLite file has none: remove it"},
      {"NameMakesASchemaOfPostgresql", "sources: [{name: PG-mail, receiver: warehouse, database: 'postgresql://h/d'}]", "f:1:18: sources[0].name: makes a schema that begins with pg_, as PostgreSQL's own do; add 'schema' or choose another name"},
      {"SchemaOfPostgresql", "sources: [{name: a, receiver: warehouse, database: 'postgresql://h/d', schema: pg_x}]", "f:1:80: sources[0].schema: 'pg_x' is no name of a schema; must be 1 to 63 bytes that do not begin with pg_"},
      {"TooManyColumns", "sources: [{name: a, receiver: warehouse, database: 'sqlite:e.db', max_columns: 1600}]", "f:1:80: sources[0].max_columns: '1600' is out of range; must be 50 to 1599"},
  };
}

std::vector<Case> InterpolationCases() {
  return {
      {"VariableMissing", InSource("region: ${REGION}"), "f:2:13: sources[0].region: environment variable 'REGION' is not set; set it"},
      {"VariableEmpty", "data_dir: ${EMPTY}", "f:1:11: data_dir: environment variable 'EMPTY' is empty; give it a value"},
      {"FileMissing", "data_dir: ${file:/none}", "f:1:11: data_dir: file '/none' cannot be read: no such file"},
      {"FileEmpty", "data_dir: ${file:/empty}", "f:1:11: data_dir: file '/empty' is empty"},
      {"FileUnnamed", "data_dir: ${file:}", "f:1:11: data_dir: '${file:}' names no file; write ${file:/path/to/file}"},
      {"NotClosed", "data_dir: ${HOME", "f:1:11: data_dir: a '${' has no '}'; write ${NAME}, ${file:/path}, or $${ for a plain ${"},
      {"NoName", "data_dir: ${a b}", "f:1:11: data_dir: '${...}' holds neither the name of an environment variable nor 'file:path'; write ${NAME}, ${file:/path}, or $${ for a plain ${"},
      {"ResultIsChecked", InSource("region: ${WRONG}"), "f:2:13: sources[0].region: '${WRONG}' is not known; must be one of: us, eu"},
  };
}
// clang-format on

class LoadErrorTest : public ::testing::TestWithParam<Case> {};

TEST_P(LoadErrorTest, NamesPlaceMistakeAndCure) {
  const Environment environment =
      FakeEnvironment({{"EMPTY", ""}, {"WRONG", "hidden"}}, {{"/empty", "\n"}});
  const std::string message = MessageOf(GetParam().yaml, environment);
  EXPECT_EQ(message, GetParam().want);
  EXPECT_THAT(message, Not(HasSubstr("hidden")));
}

const auto kCaseName = [](const auto& row) { return row.param.name; };
INSTANTIATE_TEST_SUITE_P(Keys, LoadErrorTest, ::testing::ValuesIn(KeyCases()),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Types, LoadErrorTest, ::testing::ValuesIn(TypeCases()),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Sources, LoadErrorTest,
                         ::testing::ValuesIn(SourceCases()), kCaseName);
INSTANTIATE_TEST_SUITE_P(Warehouse, LoadErrorTest,
                         ::testing::ValuesIn(WarehouseCases()), kCaseName);
INSTANTIATE_TEST_SUITE_P(Grpc, LoadErrorTest, ::testing::ValuesIn(GrpcCases()),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Interpolation, LoadErrorTest,
                         ::testing::ValuesIn(InterpolationCases()), kCaseName);

TEST(LoadErrors, AreToldAllAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(
      MessageOf("drain: {delay: 5}\n"
                "sources:\n"
                "  - name: a\n"
                "    gzip: 1\n"
                "    frobnicate: 1\n"
                "  - name: a\n"
                "    write_key: ${NONE}\n"
                "logging: {level: loud, level: low}\n"),
      "f:1:16: drain.delay: '5' has no unit; write a number with its "
      "unit: ms, s, m, h or d, e.g. 250ms, 50s, 20h\n"
      "f:3:5: sources[0].write_key: is missing; write ${ENV_NAME} or "
      "${file:/path}, or use receiver 'file', which needs none\n"
      "f:4:11: sources[0].gzip: '1' is neither true nor false\n"
      "f:5:5: sources[0].frobnicate: unknown key; known are: name, "
      "was, label, write_key, region, endpoint, receiver, path, oauth, format, "
      "headers, signing_secret, max_batch_messages, max_batch_bytes, "
      "rotate_bytes, "
      "rotate_age, rotate_keep, database, database_password, schema, "
      "create_tables, keep, max_columns, gzip, max_age, "
      "expire_while_paused, "
      "requests_per_second, events_per_second, max_in_flight, ca_file, "
      "client_cert, "
      "client_key, allow_http, proxy, proxy_auth, check_write_key, "
      "settings_endpoint, connect_timeout, "
      "request_timeout, events, "
      "email_types, email_hash, email_subject_from, extra_properties, "
      "custom_args, custom_args_prefix, user_id_from, spec_context, "
      "only, not, personal\n"
      "f:6:11: sources[1].name: another source has this name, see line "
      "3; names must be unique\n"
      "f:7:16: sources[1].write_key: environment variable 'NONE' is not "
      "set; set it\n"
      "f:8:18: logging.level: 'loud' is not known; must be one of: "
      "debug, info, warning, error\n"
      "f:8:24: logging.level: is set twice, first in line 8; keep one");
}

TEST(LoadErrors, AreCountedBeyondAHundred) {
  std::string yaml;
  for (int i = 0; i < 150; ++i) yaml += absl::StrCat("k", i, ": 1\n");
  const std::string message = MessageOf(yaml);
  EXPECT_THAT(message, HasSubstr("f:100:1: k99: unknown key"));
  EXPECT_THAT(message, Not(HasSubstr("f:101:")));
  EXPECT_THAT(message, HasSubstr("\nf: and 50 more; fix these first"));
}

TEST(LoadErrors, CountSourcesUpToAThousand) {
  const auto sources = [](int count) {
    std::string yaml = "sources:\n";
    for (int i = 0; i < count; ++i) yaml += "- {}\n";
    return yaml;
  };
  EXPECT_THAT(MessageOf(sources(1000)), HasSubstr("sources[0].name"));
  EXPECT_EQ(MessageOf(sources(1001)),
            "f:2:1: sources: has 1001 elements; at most 1000");
}

TEST(LoadErrors, AreFieldViolationsToo) {
  const auto config = LoadText("drain: {delay: 5}", "f", FakeEnvironment());
  const auto payload = config.status().GetPayload(absl::string_view(
      base::kBadRequestUrl.data(), base::kBadRequestUrl.size()));
  ASSERT_TRUE(payload.has_value());
  EXPECT_THAT(std::string(*payload), HasSubstr("drain.delay"));
}

}  // namespace
}  // namespace segrid::config

// Calls a server as a Node service would: reads calls from a file, a line of JSON each
// ({"service","method","request","body"}), and prints a line of JSON for each: {"answer"} or {"error"}.
//
//   node node_client.mjs MODULES_DIR PROTO_DIR GOOGLE_RPC_PROTO SERVER CALLS_FILE

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, protoDir, googleRpcProto, server, callsFile] = process.argv.slice(2);
const load = createRequire(`${modules}/`);
const grpc = load("@grpc/grpc-js");
const protoLoader = load("@grpc/proto-loader");
const protobuf = load("protobufjs");

const options = { includeDirs: [protoDir], keepCase: true, longs: String, enums: String };
const files = ["segrid/v1/bridge.proto", "segrid/v1/admin.proto"];
const api = grpc.loadPackageDefinition(protoLoader.loadSync(files, options)).segrid.v1;
const credentials = grpc.credentials.createInsecure();
const clients = { Bridge: new api.BridgeService(server, credentials), Admin: new api.AdminService(server, credentials) };

const googleRpc = new protobuf.Root();
googleRpc.loadSync(googleRpcProto, { keepCase: true });

function decode(name, bytes) {
  const type = googleRpc.lookupType(`google.rpc.${name}`);
  return type.toObject(type.decode(bytes), { longs: String, bytes: String });
}

function readError(error) {
  const [trailer] = error.metadata.get("grpc-status-details-bin");
  const read = { code: error.code, message: error.details, details: {} };
  if (!trailer) return read;
  const type = googleRpc.lookupType("google.rpc.Status");
  const status = type.decode(trailer);
  read.status = { code: status.code, message: status.message };
  for (const { type_url, value } of status.details) {
    const name = type_url.replace("type.googleapis.com/google.rpc.", "");
    read.details[name] = decode(name, value);
  }
  return read;
}

function call({ service, method, request, body }) {
  if (body !== undefined) request.webhook_json = Buffer.from(body, "base64");
  return new Promise((resolve) => {
    const metadata = new grpc.Metadata({ waitForReady: true });
    clients[service][method](request, metadata, { deadline: Date.now() + 20_000 }, (error, answer) => {
      if (answer?.batch_json) answer.batch_json = answer.batch_json.toString("utf8");
      resolve(error ? { error: readError(error) } : { answer });
    });
  });
}

for (const line of readFileSync(callsFile, "utf8").split("\n").slice(0, -1)) {
  console.log(JSON.stringify(await call(JSON.parse(line))));
}
for (const client of Object.values(clients)) client.close();

// The services and messages of the .proto files. Fields have the names of these files.
"use strict";

const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const protoLoader = require("@grpc/proto-loader");

const definition = protoLoader.loadSync(["segrid/v1/bridge.proto", "segrid/v1/admin.proto"], {
  includeDirs: [path.join(__dirname, "../proto")],
  keepCase: true,
  longs: String, // 64-bit integers do not fit a number.
  enums: String,
  defaults: true,
  oneofs: true,
});
const { BridgeService, AdminService } = grpc.loadPackageDefinition(definition).segrid.v1;
const decode = (name, bytes) => definition[`segrid.rpc.v1.${name}`].deserialize(bytes);

module.exports = { BridgeService, AdminService, decode };

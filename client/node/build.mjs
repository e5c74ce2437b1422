// Puts into the package what is not kept here: the .proto files, which are loaded when a program starts, the types that are
// made from them, and the license. `npm pack` runs it; it needs `npm install` before.

import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
if (!existsSync(join(root, "proto/segrid"))) {
  console.error("There is no ../../proto/segrid: pack this package inside of Segrid's repository.");
  process.exit(1);
}
for (const folder of ["proto", "types"]) rmSync(join(here, folder), { recursive: true, force: true });
const isProto = (path) => statSync(path).isDirectory() || path.endsWith(".proto");
cpSync(join(root, "proto/segrid"), join(here, "proto/segrid"), { recursive: true, filter: isProto });
copyFileSync(join(root, "LICENSE"), join(here, "LICENSE"));

const loader = dirname(createRequire(import.meta.url).resolve("@grpc/proto-loader/package.json"));
const made = "--keepCase --longs=String --enums=String --defaults --oneofs --includeComments --inputTemplate=%sInput --outputTemplate=%s";
execFileSync(
  process.execPath,
  [join(loader, "build/bin/proto-loader-gen-types.js"), ...made.split(" "), "--targetFileExtension=.d.ts", "--outDir=types",
    "--includeDirs=proto", "--", "segrid/v1/bridge.proto", "segrid/v1/admin.proto"],
  { cwd: here, stdio: ["ignore", "ignore", "inherit"] },
);

// The tool makes modules with values. Here are types alone, because the values are strings.
for (const name of readdirSync(join(here, "types"), { recursive: true })) {
  if (!name.endsWith(".d.ts")) continue;
  const path = join(here, "types", name);
  const text = readFileSync(path, "utf8")
    .replace(/^export const (\w+) = \{/gm, "export declare const $1: {")
    .replace(/^ {2}(\w+): ('\w+'),$/gm, "  readonly $1: $2;")
    .replace(/^\} as const/gm, "}")
    .replace(/^\/\/ Original file: .*\n/, "");
  writeFileSync(path, text);
}

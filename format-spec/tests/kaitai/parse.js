// Parses frames with what the Kaitai Struct compiler makes of a .ksy file.
//
//   node parse.js FILE.ksy < frames
//
// A frame is a line of input: revision, 0 or 1 for little-endian, the bytes in hexadecimal. Its answer is
// a line for each record in wire order, words separated by blanks: name, length, and what it tells, bytes and texts
// in hexadecimal behind a `=`. Then a line `end` with the bytes behind the last record, or `error` and why.
"use strict";

const fs = require("node:fs");
const { createRequire } = require("node:module");

// The packages lie where the program is run, not beside this file.
const here = createRequire(process.cwd() + "/");
const KaitaiStream = here("kaitai-struct/KaitaiStream");

async function parser(path) {
  const source = here("yaml").parse(fs.readFileSync(path, "utf8"));
  const files = await here("kaitai-struct-compiler").compile("javascript", source, null, false);
  const module = { exports: {} };
  new Function("require", "exports", "module", files["MbufTrace.js"])(here, module.exports, module);
  return module.exports.MbufTrace;
}

const hex = (bytes) => "=" + Buffer.from(bytes).toString("hex");

// A text twice: its bytes, and the string that the parser decodes them to.
const text = (bytes, decoded) => `${hex(bytes)} ${hex(Buffer.from(decoded, "utf8"))}`;

function event(payload) {
  const h = payload.header;
  const header = [h.age, h.thread, h.vnet, h.cpu, h.flags, h.line].join(" ");
  return `${header} ${text(h.fileBytes, h.file)} ${text(h.functionBytes, h.function)}`;
}

function body(name, p) {
  switch (name) {
    case "REV2_DATA":
    case "REV3_DATA":
    case "REV4_PLAIN_DATA":
      return hex(p.bytes);
    case "REV2_STATIC":
    case "REV2_DYNAMIC":
    case "REV3_STRING":
    case "REV4_PLAIN_STRING":
      return text(p.hasNul ? p.bytes.subarray(0, -1) : p.bytes, p.text);
    case "REV4_FRAME_HEADER":
      return [p.minor, p.flags, p.packetId, p.parentId, p.lost].join(" ");
    case "REV4_START":
      return `${event(p)} ${p.body.origin} ${text(p.body.labelBytes, p.body.label)}`;
    case "REV4_STATIC":
    case "REV4_DYNAMIC":
    case "REV4_FUNCTION":
    case "REV4_ENTER":
    case "REV4_LEAVE":
      return `${event(p)} ${text(p.body.textBytes, p.body.text)}`;
    case "REV4_POSITION":
      return event(p);
    case "REV4_DATA":
      return `${event(p)} ${p.body.linkType} ${p.body.packetLength} ${hex(p.body.bytes)}`;
    case "REV4_DROP":
      return `${event(p)} ${p.body.errno} ${text(p.body.reasonBytes, p.body.reason)}`;
    default:
      return hex(p);
  }
}

function answer(MbufTrace, revision, littleEndian, bytes) {
  const io = new KaitaiStream(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const frame = new MbufTrace(io, null, null, revision, littleEndian);
  const lines = [];
  for (const string of frame.strings ?? []) {
    lines.push(`REV1_STRING ${string.length} ${body("REV3_STRING", string.payload)}`);
  }
  if (frame.snapshot?.length) {
    lines.push(`REV1_DATA ${frame.snapshot.length} ${hex(frame.snapshot)}`);
  }
  for (const record of frame.records ?? []) {
    const name = MbufTrace.RecordType[record.recordType];
    lines.push(`${name ?? record.type} ${record.length} ${body(name, record.payload)}`);
  }
  lines.push(`end ${hex(frame.trailing ?? [])}`);
  return lines.join("\n");
}

async function main() {
  const MbufTrace = await parser(process.argv[2]);
  for (const line of fs.readFileSync(0, "utf8").split("\n").filter((line) => line !== "")) {
    const [revision, littleEndian, bytes] = line.split(" ");
    let said;
    try {
      said = answer(MbufTrace, Number(revision), littleEndian === "1", Buffer.from(bytes ?? "", "hex"));
    } catch (error) {
      said = `error ${error.name}: ${String(error.message).replace(/\s+/g, " ")}`;
    }
    process.stdout.write(said + "\n");
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

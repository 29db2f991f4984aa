// The workspace as the fragment of a link, which browsers do not send to servers:
// `#1.` and the base64url of the deflated JSON.

import type { Options } from "netpol";
import type { PolicyName, SourceFile } from "../engine/protocol";

export interface Shared {
  files: SourceFile[];
  off: PolicyName[];
  options: Options;
  question: { from: string; to: string; port: string };
  tab: string;
}

const VERSION = "1";

/** More than this is not unpacked: a short link could otherwise fill the memory. */
export const MOST_BYTES = 32 * 1024 * 1024;

export class ShareError extends Error {
  constructor(readonly code: "version" | "damaged" | "too-large") {
    super(`the link cannot be opened: ${code}`);
  }
}

export async function toFragment(shared: Shared): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  const packed = await collect(piped(bytes, new CompressionStream("deflate-raw")), Number.POSITIVE_INFINITY);
  return `#${VERSION}.${base64url(packed)}`;
}

/** What a fragment holds; nothing: it is not one of ours. */
export async function fromFragment(fragment: string): Promise<Shared | undefined> {
  const match = /^#(\d+)\.([A-Za-z0-9_-]+)$/.exec(fragment);
  if (match === null) {
    return undefined;
  }
  if (match[1] !== VERSION) {
    throw new ShareError("version");
  }
  let text: string;
  try {
    const packed = Uint8Array.from(atob((match[2] ?? "").replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    const bytes = await collect(piped(packed, new DecompressionStream("deflate-raw")), MOST_BYTES);
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw error instanceof ShareError ? error : new ShareError("damaged");
  }
  return checked(text);
}

function piped(
  bytes: Uint8Array,
  transform: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return source.pipeThrough(transform as unknown as ReadableWritablePair<Uint8Array, Uint8Array>);
}

async function collect(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new ShareError("too-large");
    }
    chunks.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function base64url(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Whatever a stranger has put into a link is looked at before it is used. */
function checked(text: string): Shared {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ShareError("damaged");
  }
  const strings = (one: unknown, ...names: string[]): boolean =>
    typeof one === "object" &&
    one !== null &&
    names.every((name) => typeof (one as never)[name] === "string");
  const shared = value as Shared;
  const sound =
    strings(shared, "tab") &&
    Array.isArray(shared.files) &&
    shared.files.every((file) => strings(file, "name", "text")) &&
    new Set(shared.files.map((file) => file.name)).size === shared.files.length &&
    Array.isArray(shared.off) &&
    shared.off.every((policy) => strings(policy, "namespace", "name")) &&
    strings(shared.question, "from", "to", "port") &&
    typeof shared.options === "object" &&
    shared.options !== null;
  if (!sound) {
    throw new ShareError("damaged");
  }
  const { files, off, options, question, tab } = shared;
  return { files, off, options, question, tab };
}

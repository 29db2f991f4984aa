// Files and folders that are dropped or picked.

import type { SourceFile } from "../engine/protocol";
import { notice, words } from "../store";

/** A browser tab has its limits; larger inputs are for the command line. */
const MOST_BYTES = 100_000_000;

const isManifest = (name: string): boolean => /\.(ya?ml|json)$/i.test(name);

/** What a file input holds; it is emptied, so that the same file can be picked again. */
export async function fromList(input: HTMLInputElement): Promise<SourceFile[]> {
  const picked = [...(input.files ?? [])].map((file) => ({
    file,
    path: file.webkitRelativePath || file.name,
  }));
  const read = await readAll(picked);
  input.value = "";
  return read;
}

/** What was dropped, folders with all that is in them. */
export async function fromDrop(transfer: DataTransfer): Promise<SourceFile[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  const plain = [...transfer.files];
  if (entries.length === 0) {
    return readAll(plain.map((file) => ({ file, path: file.name })));
  }
  const found = await Promise.all(entries.map((entry) => within(entry)));
  return readAll(found.flat());
}

interface Found {
  file: File;
  path: string;
}

async function within(entry: FileSystemEntry): Promise<Found[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ file, path: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives a hundred at a time, and then none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) {
      break;
    }
    all.push(...some);
  }
  const found = await Promise.all(all.map((one) => within(one)));
  return found.flat();
}

async function readAll(found: Found[]): Promise<SourceFile[]> {
  const word = words.peek();
  const manifests = found.filter(({ path }) => isManifest(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  if (manifests.length === 0 && found.length > 0) {
    notice.value = { text: word.noManifests };
  }
  const read: SourceFile[] = [];
  for (const { file, path } of manifests) {
    if (file.size > MOST_BYTES) {
      notice.value = { text: word.tooLargeFile.replace("{name}", path) };
      continue;
    }
    const text = decoded(new Uint8Array(await file.arrayBuffer()));
    if (text === undefined) {
      notice.value = { text: word.unreadable.replace("{name}", path) };
    } else {
      read.push({ name: path, text });
    }
  }
  return read;
}

/** UTF-8, or UTF-16 with its mark; nothing: neither. */
export function decoded(bytes: Uint8Array): string | undefined {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const encoding = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

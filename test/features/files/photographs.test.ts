import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { imageSize } from "../../../src/core/files/image-size.ts";
import { withoutMetadata } from "../../../src/core/files/metadata/without-metadata.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import {
  bytesOf,
  chunk,
  concatBytes,
  download,
  expectUploaded,
  FORM_TYPE,
  filePart,
  formPieces,
  pseudoRandomBytes,
  streamOf,
  upload,
} from "../../support/clients/files.ts";
import { usersig } from "../../surfaces/usersig/client.ts";
import { complete, partOf, put, started } from "../resumable-uploads/uploading.ts";

const SECRET = "52.5163N 13.3777E Nokion 3310 no. 4711";
/** Every place of these bytes is checked to be the same as before. */
const kept = (...bytes: (number | string | Uint8Array)[]) => ({ bytes: joined(bytes), isKept: true });
const dropped = (...bytes: (number | string | Uint8Array)[]) => ({ bytes: joined(bytes), isKept: false });
type Piece = ReturnType<typeof kept>;

function joined(bytes: (number | string | Uint8Array)[]): Uint8Array {
  return concatBytes(
    bytes.map((one) =>
      typeof one === "number"
        ? Uint8Array.of(one)
        : typeof one === "string"
          ? Buffer.from(one, "latin1")
          : one,
    ),
  );
}

/** Exif data as cameras write it: place and maker before and behind the orientation. */
function exif(orientation: number): Uint8Array {
  const tiff = Buffer.alloc(200);
  tiff.write("II*\0");
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(3, 8);
  const entries = [
    [0x010f, 2, SECRET.length, 60],
    [0x0112, 3, 1, orientation],
    [0x8825, 4, 1, 120],
  ];
  entries.forEach(([tag = 0, type = 0, count = 0, value = 0], i) => {
    tiff.writeUInt16LE(tag, 10 + i * 12);
    tiff.writeUInt16LE(type, 12 + i * 12);
    tiff.writeUInt32LE(count, 14 + i * 12);
    tiff.writeUInt32LE(value, 18 + i * 12);
  });
  tiff.write(SECRET, 60);
  tiff.write(SECRET, 120);
  return tiff;
}

function segment(marker: number, isKept: boolean, ...body: (number | string | Uint8Array)[]): Piece[] {
  const data = joined(body);
  const head = kept(0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 0xff);
  return [head, { bytes: data, isKept }];
}

const frame = segment(0xc0, true, 8, 1, 224, 2, 128, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1);
const scan = [
  ...segment(0xda, true, 3, 1, 0),
  kept("pixels", 0xff, 0, 0xff, 0xd0, "pixels", 0xff, 0xff, 0xd7, 0, 0xff, 0),
];

function jpeg(orientation: number): Piece[] {
  return [
    kept(0xff, 0xd8),
    ...segment(0xe0, true, "JFIF\0", 1, 2, 0, 0, 1, 0, 1, 2, 2),
    ...segment(0xe0, false, "JFXX\0", SECRET),
    ...segment(0xe1, false, "Exif\0\0", exif(orientation)),
    ...segment(0xe1, false, "http://ns.adobe.com/xap/1.0/\0", SECRET),
    ...segment(0xe2, true, "ICC_PROFILE\0", 1, 1, "a profile"),
    ...segment(0xe2, false, "FPXR\0", SECRET),
    ...segment(0xeb, false, "JP", SECRET),
    ...segment(0xed, false, "Photoshop 3.0\0", SECRET),
    ...segment(0xee, true, "Adobe", 0, 100, 0, 0, 0, 0, 1),
    ...segment(0xfe, false, SECRET),
    ...segment(0xdb, true, "a table of quantization"),
    kept(0xff),
    ...frame,
    ...scan,
    // A progressive picture has further tables and scans.
    ...segment(0xfe, false, SECRET),
    ...scan,
    kept(0xff, 0xd9),
    dropped("a film ", SECRET),
    kept(0xff, 0xd8),
    ...segment(0xe1, false, "Exif\0\0", exif(1)),
    ...frame,
    ...scan,
    kept(0xff, 0xd9),
    dropped(SECRET),
  ];
}

function pngChunk(type: string, isKept: boolean, ...body: (number | string | Uint8Array)[]): Piece[] {
  const data = joined(body);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(data, crc32(type)));
  return [kept(length), { bytes: joined([type, data, sum]), isKept }];
}

function png(orientation: number): Piece[] {
  return [
    kept(0x89, "PNG\r\n\x1a\n"),
    ...pngChunk("IHDR", true, 0, 0, 2, 128, 0, 0, 1, 224, 8, 6, 0, 0, 0),
    ...pngChunk("iCCP", true, "a profile"),
    ...pngChunk("eXIf", false, exif(orientation)),
    ...pngChunk("tEXt", false, "Author\0", SECRET),
    ...pngChunk("iTXt", false, "XML:com.adobe.xmp\0", SECRET),
    ...pngChunk("caBX", false, SECRET),
    ...pngChunk("IDAT", true, "pixels"),
    ...pngChunk("tIME", false, 7, 234, 11, 25, 1, 2, 3),
    ...pngChunk("IDAT", true, "pixels"),
    ...pngChunk("zTXt", false, "Comment\0", SECRET),
    ...pngChunk("IEND", true),
    dropped(SECRET),
  ];
}

function webpChunk(type: string, isKept: boolean, ...body: (number | string | Uint8Array)[]): Piece[] {
  const data = joined(body);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return [
    { bytes: Buffer.from(type), isKept },
    kept(length),
    { bytes: joined([data, ...(data.length % 2 ? [0] : [])]), isKept },
  ];
}

function webp(orientation: number): Piece[] {
  const chunks = [
    kept("WEBPVP8X", 10, 0, 0, 0),
    dropped(0x2c),
    kept(0, 0, 0, 127, 2, 0, 223, 1, 0),
    ...webpChunk("ICCP", true, "a profile"),
    ...webpChunk("ALPH", true, "alpha"),
    ...webpChunk("VP8 ", true, "pixels!"),
    kept("EXIF", 206, 0, 0, 0, "Exif\0\0"),
    dropped(exif(orientation)),
    ...webpChunk("XMP ", false, SECRET),
    ...webpChunk("odd!", false, SECRET, "."),
  ];
  const size = Buffer.alloc(4);
  size.writeUInt32LE(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0));
  return [kept("RIFF", size), ...chunks];
}

/** A number in `size` bytes, the highest first. */
const uint = (value: number, size: number) =>
  Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) % 256);

const box = (type: string, ...body: (number | string | Uint8Array)[]) => {
  const data = joined(body);
  return joined([uint(8 + data.length, 4), type, data]);
};

/** Its orientation is no part of the Exif data: with any other the picture is the same. */
function heic(orientation: number): Piece[] {
  const type = box("ftyp", "heic", 0, 0, 0, 0, "mif1heic");
  const notes = exif(orientation);
  const info = (id: number, kind: string) => box("infe", 2, 0, 0, 0, uint(id, 2), 0, 0, kind, 0);
  const infos = box(
    "iinf",
    0,
    0,
    0,
    0,
    uint(4, 2),
    info(1, "hvc1"),
    info(2, "Exif"),
    info(3, "mime"),
    info(4, "Exif"),
  );
  const place = (id: number, isInside: number, ...extents: number[]) =>
    joined([
      uint(id, 2),
      uint(isInside, 2),
      0,
      0,
      uint(extents.length / 2, 2),
      ...extents.map((n) => uint(n, 4)),
    ]);
  const places = (at: number) =>
    box(
      "iloc",
      ...[1, 0, 0, 0, 0x44, 0, uint(4, 2)],
      // In another order than in the file, and one in two pieces.
      place(3, 0, at + notes.length + 6, 10, at + notes.length + 16, SECRET.length - 10),
      place(1, 0, at + notes.length, 6),
      place(2, 0, at, notes.length),
      place(4, 1, 0, SECRET.length),
    );
  const before = (at: number) =>
    joined([0, 0, 0, 0, box("hdlr", "pict"), infos, places(at), uint(8 + SECRET.length, 4), "idat"]);
  const size = 8 + before(0).length + SECRET.length;
  return [
    kept(type),
    kept(uint(size, 4), "meta", before(type.length + size + 8)),
    dropped(SECRET),
    kept(uint(8 + notes.length + 6 + SECRET.length, 4), "mdat"),
    dropped(notes),
    kept("pixels"),
    dropped(SECRET),
    kept(box("free", "more")),
  ];
}

const PICTURES: [string, (orientation: number) => Piece[]][] = [
  ["image/heic", heic],
  ["image/jpeg", jpeg],
  ["image/png", png],
  ["image/webp", webp],
];

const whole = (pieces: Piece[]) => concatBytes(pieces.map(({ bytes }) => bytes));

/** Asserts that of a picture the metadata is gone, and nothing else has changed. */
function expectClean(pieces: Piece[], cleaned: Uint8Array): void {
  expect(cleaned.length).toBe(whole(pieces).length);
  expect(Buffer.from(cleaned).includes(SECRET.slice(0, 8))).toBe(false);
  expect(Buffer.from(cleaned).includes("Nokion")).toBe(false);
  let at = 0;
  for (const { bytes, isKept } of pieces) {
    if (isKept) expect(Buffer.compare(cleaned.subarray(at, at + bytes.length), bytes), `at ${at}`).toBe(0);
    at += bytes.length;
  }
}

async function cleaned(chunks: Uint8Array[]): Promise<Uint8Array> {
  const out: Uint8Array[] = [];
  async function* source() {
    yield* chunks;
  }
  for await (const piece of withoutMetadata(source())) out.push(Uint8Array.from(piece));
  return concatBytes(out);
}

let ann: SignedIn;
beforeAll(async () => {
  ann = await register();
});

describe.each(PICTURES)("a photograph of type %s", (type, make) => {
  const pieces = make(6);
  const bytes = whole(pieces);

  test("loses place and maker in every upload, and no pixel", async () => {
    const form = concatBytes(formPieces([filePart(bytes, "photo", type)]));
    const data = new FormData();
    data.append("file", new File([bytes], "photo", { type }));
    const overUsersig = await usersig("POST", "/file/upload-chat-file/", { sig: ann.token, body: data });
    const { id } = await started(ann, bytes.length);
    expect((await put(ann, id, 1, bytes)).status).toBe(200);
    const urls = [
      expectUploaded(await upload(ann, bytes, type)).url,
      expectUploaded(await upload(ann, streamOf(chunk(bytes, 10)), type)).url,
      expectUploaded(await upload(ann, form, FORM_TYPE)).url,
      // The type that a client claims does not matter.
      expectUploaded(await upload(ann, bytes, "application/octet-stream")).url,
      ...[overUsersig, await complete(ann, id)].map(
        ({ body }) => /https:[^"\\]+\/files\/[^"\\]+/.exec(JSON.stringify(body))?.[0] ?? "",
      ),
    ];
    for (const url of urls) expectClean(pieces, await bytesOf(await download(url)));
  });

  test("stays as it is if its sender asks for it", async () => {
    const file = expectUploaded(await upload(ann, bytes, type, "?keep_metadata=true"));
    const { id } = await started(ann, bytes.length);
    const path = `/v1/files/uploads/${id}/parts/1?keep_metadata=true`;
    const headers = { "Content-Type": type };
    expect((await call("PUT", path, { token: ann.token, body: bytes, headers })).status).toBe(200);
    const inParts = expectUploaded({ ...(await complete(ann, id)), status: 201 });
    for (const { url } of [file, inParts])
      expect(Buffer.compare(await bytesOf(await download(url)), bytes)).toBe(0);
  });

  test("is shown as the camera was held", async () => {
    for (const orientation of make === heic ? [] : [1, 3, 6, 8]) {
      const result = await cleaned([whole(make(orientation))]);
      const tiff = Buffer.from(result).indexOf("MM\0*");
      expect(result[tiff + 19]).toBe(orientation);
    }
    const upright = await imageSize(type, async (offset, length) => bytes.slice(offset, offset + length));
    const result = await cleaned([bytes]);
    expect(await imageSize(type, async (offset, length) => result.slice(offset, offset + length))).toEqual(
      upright,
    );
  });

  test("is the same wherever the network splits it", async () => {
    const expected = Buffer.from(await cleaned([bytes])).toString("hex");
    for (const size of [1, 2, 3, 5, 7, 64])
      expect(Buffer.from(await cleaned(chunk(bytes, size))).toString("hex")).toBe(expected);
    for (let at = 1; at < bytes.length; at++)
      expect(Buffer.from(await cleaned([bytes.slice(0, at), bytes.slice(at)])).toString("hex")).toBe(
        expected,
      );
  });

  test("keeps its length wherever it ends, or is damaged", async () => {
    for (let length = 0; length <= bytes.length; length++)
      expect((await cleaned([bytes.slice(0, length)])).length).toBe(length);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      expect((await cleaned([damaged])).length).toBe(bytes.length);
    }
  });
});

test("the chunks of a cleaned PNG have their checksums", async () => {
  const bytes = Buffer.from(await cleaned([whole(png(6))]));
  const types: string[] = [];
  for (let at = 8; types.at(-1) !== "IEND"; ) {
    const length = bytes.readUInt32BE(at);
    types.push(bytes.toString("latin1", at + 4, at + 8));
    expect(bytes.readUInt32BE(at + 8 + length), types.at(-1)).toBe(
      crc32(bytes.subarray(at + 4, at + 8 + length)),
    );
    at += 12 + length;
  }
  expect(types.join(" ")).toBe("IHDR iCCP eXIf paDd paDd paDd IDAT paDd IDAT paDd IEND");
});

test("a cleaned WebP says that it has Exif data, a colour profile, and no XMP", async () => {
  expect((await cleaned([whole(webp(6))]))[20]).toBe(0x28);
});

test("a photograph in parts loses what its first part has", async () => {
  const pieces = jpeg(6);
  const bytes = concatBytes([whole(pieces), pseudoRandomBytes(6 * 1024 * 1024)]);
  const { id } = await started(ann, bytes.length);
  for (const part of [2, 1]) expect((await put(ann, id, part, partOf(bytes, part))).status).toBe(200);
  const { url } = expectUploaded({ ...(await complete(ann, id)), status: 201 });
  const stored = await bytesOf(await download(url));
  expect(stored.length).toBe(bytes.length);
  expect(Buffer.from(stored).includes("Nokion")).toBe(false);
});

test("other files pass as they are", async () => {
  for (const bytes of [
    joined([SECRET]),
    joined(["GIF89a", SECRET]),
    joined(["RIFF", 9, 9, 9, 9, "WAVE", SECRET]),
    // It begins as a picture, and is none.
    joined([0xff, 0xd8, 0xff, 0xe1, 0, 1, SECRET]),
    joined([0x89, "PNG\r\n\x1a\n", 0, 0, 0, 0, "12", SECRET]),
  ])
    expect(Buffer.compare(await cleaned([bytes]), bytes)).toBe(0);
});

import { expect, it } from "vitest";
import { contentOf, webAddress } from "../src/message/index.ts";

it.each([
  ...["javascript:alert(1)", "JaVaScRiPt:alert(1)", " \tjavascript:alert(1)", "\u0001javascript:alert(1)"],
  ...["java\nscript:alert(1)", "vbscript:x", "data:text/html,x", "file:///etc/passwd", "//evil.example"],
  ...["blob:https://evil.example/8f0c", "https://", "/a.png", "", "mailto:ann@chat.example"],
])("takes %j for no page", (address) => {
  expect(webAddress(address)).toBe("");
  for (const kind of ["image", "audio", "video", "file"])
    expect(contentOf(kind, { url: address })).toMatchObject({ media: { url: "" } });
});

it("takes an address of the Web as it is", () => {
  for (const address of ["https://chat.example/a.png", "http://localhost:8787/files/a?size=s"])
    expect(webAddress(address)).toBe(address);
});

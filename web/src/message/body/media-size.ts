import type { MediaBody } from "parley-react/message";

/** The largest side of a picture in the timeline, in px at the usual size of text. */
const LARGEST = 320;
/** What a picture without a known size takes. */
const UNKNOWN = { width: 240, height: 180 };
/** A longer side is cut, so that a narrow strip can still be seen and clicked. */
const SMALLEST = 64;

/** The room of a picture or a video, known before it is loaded, so that nothing moves when it is. */
export function roomOf({ width, height }: MediaBody): { width: string; aspectRatio: string } {
  const real = width > 0 && height > 0 ? { width, height } : UNKNOWN;
  const scale = Math.min(1, LARGEST / real.width, LARGEST / real.height);
  const shown = {
    width: Math.max(SMALLEST, real.width * scale),
    height: Math.max(SMALLEST, real.height * scale),
  };
  return { width: `${shown.width / 16}rem`, aspectRatio: `${shown.width} / ${shown.height}` };
}

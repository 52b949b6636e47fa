import { plainText } from "parley-react/markup";
import type { MediaBody } from "parley-react/message";
import { isLoaded } from "../../lib/pictures.ts";
import { roomOf } from "./media-size.ts";
import { playsAlone } from "./player.ts";

/**
 * A video with the controls of the browser. It plays when the user wants it, and one of another server is not
 * loaded before.
 */
export function Video({ media }: { media: MediaBody }) {
  return (
    // biome-ignore lint/a11y/useMediaCaption: a video of a user has no captions
    <video
      class="video"
      // A browser shows a frame before it plays, where it is sent to it.
      src={media.url ? `${media.url}#t=0.1` : undefined}
      style={roomOf(media)}
      controls
      playsInline
      preload={isLoaded(media.url) ? "metadata" : "none"}
      aria-label={media.name || plainText(media.caption) || undefined}
      onPlay={({ currentTarget }) => playsAlone(currentTarget)}
    />
  );
}

/** What plays now: one recording or video at a time. */
let playing: HTMLMediaElement | undefined;

/** Call it when something begins to play: what played before pauses. */
export function playsAlone(media: HTMLMediaElement): void {
  if (playing !== media) playing?.pause();
  playing = media;
}

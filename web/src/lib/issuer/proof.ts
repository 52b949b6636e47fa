/** A proof counts for this long, in ms. */
const LASTS = 10 * 60_000;

/** When the user of this page has last signed in once more; 0: never. */
let provenAt = 0;
let hasComeBack = false;

/** The user, who has a session, has signed in once more. */
export function noteProof(): void {
  provenAt = Date.now();
  hasComeBack = true;
}

/** Whether the user has signed in once more a short time ago. */
export function isProven(): boolean {
  return Date.now() - provenAt < LASTS;
}

/** Whether the user comes back from signing in once more; true is said once. */
export function takeReturn(): boolean {
  const was = hasComeBack;
  hasComeBack = false;
  return was;
}

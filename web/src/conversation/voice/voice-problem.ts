/** Why nothing can be recorded; the keys of texts. */
type VoiceProblem = "voice.refused" | "voice.none" | "voice.insecure" | "voice.failed";

/** Why a recording did not begin. */
export function problemOf(error: unknown): VoiceProblem {
  if (!isSecureContext) return "voice.insecure";
  const { name } = Object(error);
  if (name === "NotAllowedError" || name === "SecurityError") return "voice.refused";
  return name === "NotFoundError" ? "voice.none" : "voice.failed";
}

/** The server takes names of so many characters. What else it does not keep of a name it mends itself. */
const MAX_NAME = 255;

/** The name of a file as it is sent: of a long one the end, which tells its type. */
export function fileName(name: string): string {
  return [...name.normalize("NFC")].slice(-MAX_NAME).join("");
}

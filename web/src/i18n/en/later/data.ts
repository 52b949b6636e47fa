export const data = {
  "data.title": "Your data",
  "data.copy": "A copy of your data",
  "data.exportHint":
    "A ZIP file with what this server has of you: profile, friends, the messages that you have sent, and your files as links.",
  "data.export": "Export my data",
  "data.cancel": "Cancel the export",
  "data.exporting": "Your data is collected …",
  "data.received": "{size} so far",
  "data.saved": "{name} is saved ({size}).",
  "data.tooOften": "You have exported your data often enough for now. It is possible again from {at}.",
  "deletion.title": "Delete my account",
  "deletion.end": "Delete your account",
  "deletion.endHint": "Your profile goes for ever. You choose whether your messages go too.",
  "deletion.what":
    "Your profile, friends, drafts and saved messages are deleted, and you are signed out on all devices. Nobody can have your username again. This cannot be undone.",
  "deletion.owned":
    "You own these groups. Hand each one over, or dissolve it, before you delete your account:",
  "deletion.messages": "Your messages",
  "deletion.keep": "Keep them",
  "deletion.keepHint": "Others go on seeing them, from a deleted user without your name.",
  "deletion.erase": "Erase them",
  "deletion.eraseHint":
    "What you wrote and sent goes from all conversations, within some minutes. What others have forwarded stays.",
  "deletion.exportFirst":
    "Do you want to keep a copy? Later there is no way to get one. Files are in it as links, which may end with the account: save those that you want to keep.",
  "deletion.proof": "So that nobody else deletes your account, sign in once more.",
  "deletion.signInAgain": "Sign in once more",
  "deletion.sure": "I want to delete my account for ever.",
  "deletion.forever": "Delete for ever",
} as const;

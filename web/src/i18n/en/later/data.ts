export const data = {
  "data.title": "Your data",
  "data.copy": "A copy of your data",
  "data.exportHint":
    "A ZIP file with what this server has of you: profile, friends, the messages that you have sent, and your files as links.",
  "data.export": "Export my data",
  "data.cancel": "Cancel the export",
  "data.exporting": "Collecting your data …",
  "data.received": "{size} so far",
  "data.saved": "{name} is saved ({size}).",
  "data.tooOften": "You have exported your data too often. It is possible again from {at}.",
  "deletion.title": "Delete my account",
  "deletion.end": "Delete your account",
  "deletion.endHint": "Your profile is deleted for good. You choose whether your messages are deleted too.",
  "deletion.what":
    "Your profile, friends, drafts and saved messages are deleted, and you are signed out on all devices. Nobody can have your username again. This cannot be undone.",
  "deletion.owned":
    "You own these groups. Hand each one over, or dissolve it, before you delete your account:",
  "deletion.messages": "Your messages",
  "deletion.keep": "Keep them",
  "deletion.keepHint": "Others can still read them, from a deleted user without your name.",
  "deletion.erase": "Erase them",
  "deletion.eraseHint":
    "What you wrote and sent is removed from all conversations, within some minutes. What others have forwarded stays.",
  "deletion.exportFirst":
    "Do you want to keep a copy? Later there is no way to get one. Files are in it as links, which may end with the account: save those that you want to keep.",
  "deletion.proof": "So that nobody else deletes your account, sign in once more.",
  "deletion.signInAgain": "Sign in once more",
  "deletion.sure": "I want to delete my account for good.",
  "deletion.forever": "Delete for good",
} as const;

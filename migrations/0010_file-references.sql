CREATE TABLE `file_references` (
	`key` text NOT NULL,
	`conversation_id` integer NOT NULL,
	`seq` integer NOT NULL,
	PRIMARY KEY(`key`, `conversation_id`, `seq`)
);
--> statement-breakpoint
ALTER TABLE `files` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `files` ADD `released` integer;--> statement-breakpoint
CREATE INDEX `files_expiry` ON `files` (`expires_at`) WHERE expires_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `conversations_avatar_file` ON `conversations` (substr(avatar, instr(avatar, '/files/') + 7, 32)) WHERE instr(avatar, '/files/') > 0;--> statement-breakpoint
CREATE INDEX `memberships_avatar_file` ON `memberships` (substr(left_avatar, instr(left_avatar, '/files/') + 7, 32)) WHERE instr(left_avatar, '/files/') > 0;--> statement-breakpoint
CREATE INDEX `users_avatar_file` ON `users` (substr(avatar, instr(avatar, '/files/') + 7, 32)) WHERE instr(avatar, '/files/') > 0;
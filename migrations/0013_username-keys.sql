CREATE TABLE `username_keys` (
	`key` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
ALTER TABLE `former_usernames` ADD `keys_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `former_usernames_keys_version` ON `former_usernames` (`keys_version`);--> statement-breakpoint
ALTER TABLE `users` ADD `keys_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `users_keys_version` ON `users` (`keys_version`);
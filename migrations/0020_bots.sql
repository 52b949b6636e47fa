CREATE TABLE `bot_commands` (
	`user_id` integer NOT NULL,
	`language` text NOT NULL,
	`commands` text NOT NULL,
	PRIMARY KEY(`user_id`, `language`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `users` ADD `maker_id` integer;--> statement-breakpoint
CREATE INDEX `users_maker` ON `users` (`maker_id`) WHERE maker_id IS NOT NULL;
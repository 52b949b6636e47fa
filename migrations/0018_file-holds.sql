CREATE TABLE `file_holds` (
	`key` text NOT NULL,
	`user_id` integer NOT NULL,
	`scheduled_id` text NOT NULL,
	`until` integer NOT NULL,
	PRIMARY KEY(`user_id`, `scheduled_id`, `key`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `file_holds_key` ON `file_holds` (`key`);--> statement-breakpoint
CREATE INDEX `file_holds_until` ON `file_holds` (`until`);
CREATE TABLE `sign_in_places` (
	`user_id` integer NOT NULL,
	`place` text NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `place`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `sign_in_places_last` ON `sign_in_places` (`last_at`);--> statement-breakpoint
ALTER TABLE `users` ADD `email_set_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `email_changes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `email_day_at` integer DEFAULT 0 NOT NULL;
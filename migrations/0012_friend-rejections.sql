CREATE TABLE `friend_rejections` (
	`user_id` integer NOT NULL,
	`from_id` integer NOT NULL,
	`rejected_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `from_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`from_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `friend_rejections_from` ON `friend_rejections` (`from_id`);--> statement-breakpoint
CREATE INDEX `friend_rejections_at` ON `friend_rejections` (`rejected_at`);
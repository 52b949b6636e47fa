CREATE TABLE `stranger_lookups` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`day` integer NOT NULL,
	`count` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `stranger_lookups_day` ON `stranger_lookups` (`day`);
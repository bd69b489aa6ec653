CREATE TABLE item(id int PRIMARY KEY, name text DEFAULT 'none', amount numeric(10,2), active boolean, d date, tags int[], v varchar(5), c char(4), grp int, sub int, UNIQUE (grp, sub));
INSERT INTO item VALUES (1,'one',10.50,true,'2024-01-01','{1,2}','a','ab',1,1),(2,'two',20,false,'2024-02-01',NULL,'b','cd',1,2),(3,'three',NULL,NULL,NULL,'{}',NULL,NULL,NULL,1),(4,NULL,40,true,'2024-04-01','{4}','dd','x',2,NULL);
CREATE TABLE feed(id int, name text, amount numeric(10,2), kind text, qty int);
INSERT INTO feed VALUES (1,'uno',11,'u',5),(2,'dos',22,'d',6),(5,'cinco',55,'i',7),(6,'seis',NULL,'i',8),(NULL,'nil',0,'i',9);
CREATE TABLE plain(a int, b text);
INSERT INTO plain VALUES (1,'x'),(2,'y'),(2,'z'),(NULL,NULL);

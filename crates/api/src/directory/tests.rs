use crate::testing::World;

#[tokio::test]
async fn every_role_gets_the_names_that_screens_need() {
    let world = World::new().await;
    for user in [world.first.agent, world.first.supervisor, world.first.admin] {
        let token = world.token(user).await;
        let directory = world.get("/api/v1/directory").bearer(&token).send().await.ok(200);
        assert_eq!(directory["queues"][0]["key"], "support");
        assert_eq!(directory["agents"].as_array().unwrap().len(), 2, "supervisor and admin take no calls");
        assert_eq!(directory["dispositions"][0]["name"], "Solved");
        assert_eq!(directory["skills"][0]["name"], "English");
    }
}

use crate::testing::World;

#[tokio::test]
async fn supervisors_and_admins_see_the_floor_and_agents_do_not() {
    let world = World::new().await;
    for user in [world.first.supervisor, world.first.admin] {
        let token = world.token(user).await;
        assert_eq!(world.get("/api/v1/floor").bearer(&token).send().await.ok(200)["calls"], 0);
    }
    let token = world.token(world.first.agent).await;
    assert_eq!(world.get("/api/v1/floor").bearer(&token).send().await.refusal(403), "forbidden");
}
